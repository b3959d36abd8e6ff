"""A QR code as the pixels of a device's panel, for pictures of it."""

import qrcode

from host.tui.scene import Picture

WIDTH, HEIGHT = 240, 160  # pixels of the device's panel


def picture(text: str) -> Picture:
    """The code on its light square, as large as the panel is high; the rest is dark."""
    made = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_L)
    made.add_data(text)
    made.make(fit=True)
    matrix = made.get_matrix()
    step = HEIGHT // (len(matrix) + 8)
    left = top = (HEIGHT - step * len(matrix)) // 2
    grey = bytearray((b"\xff" * HEIGHT + bytes(WIDTH - HEIGHT)) * HEIGHT)
    for y, row in enumerate(matrix):
        for x, is_dark in enumerate(row):
            for line in range(step if is_dark else 0):
                at = (top + y * step + line) * WIDTH + left + x * step
                grey[at : at + step] = bytes(step)
    return Picture(WIDTH, HEIGHT, bytes(grey))
