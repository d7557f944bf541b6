"""How foreign bytes are refused: by the name of an error."""


class Refused(Exception):
    """Bytes that are not what they should be; code is the error's name."""

    def __init__(self, code, what):
        super().__init__(f"{code}: {what}")
        self.code = code
        self.what = what


def check(condition, code, what):
    if not condition:
        raise Refused(code, what)


class Cursor:
    """Reads big-endian fields off the front of some bytes."""

    def __init__(self, data, code):
        self.data = data
        self.at = 0
        self.code = code

    def take(self, count):
        check(self.left() >= count, self.code, f"{count} bytes are missing")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def left(self):
        return len(self.data) - self.at

    def rest(self):
        return self.take(self.left())

    def end(self):
        check(self.left() == 0, self.code, "bytes follow the end")
