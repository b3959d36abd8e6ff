"""A QR code as the pixels of a device's panel, for pictures of it."""

import qrcode

from host.values import Frame

WIDTH, HEIGHT = 240, 160  # pixels of the device's panel


def picture(text: str) -> Frame:
    """The code on its light square, as large as the panel is high; the rest is dark."""
    code = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_L)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    step = HEIGHT // (len(matrix) + 8)
    left = top = (HEIGHT - step * len(matrix)) // 2
    pixels = bytearray((b"\xff" * HEIGHT + bytes(WIDTH - HEIGHT)) * HEIGHT)
    for y, row in enumerate(matrix):
        for x, is_dark in enumerate(row):
            for line in range(step if is_dark else 0):
                start = (top + y * step + line) * WIDTH + left + x * step
                pixels[start : start + step] = bytes(step)
    return Frame(WIDTH, HEIGHT, bytes(pixels))
