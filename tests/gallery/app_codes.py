"""A QR code as a device's view has it, for pictures of it."""

import qrcode


def rows(text: str) -> tuple[str, ...]:
    """The code's rows from the top, "1" for each dark module, without a quiet zone."""
    code = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_L)
    code.add_data(text)
    code.make(fit=True)
    return tuple("".join("01"[bool(dark)] for dark in row) for row in code.get_matrix())
