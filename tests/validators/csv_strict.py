"""Reads CSV files as strictly as RFC 4180 describes them, and refuses cells that a spreadsheet would take for formulas.

usage: csv_strict.py FILE...          exit 1 when a file is refused
"""
import csv
import io
import re
import sys

FIELD = r'(?:"(?:[^"]|"")*"|[^",\r\n]*)'
FILE = re.compile(rf"(?:{FIELD}(?:,{FIELD})*\r\n)+")
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
FORMULA = tuple("=+-@\t\r\0＝＋－＠")


def troubles(data):
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return [f"no UTF-8: {error}"]
    if not FILE.fullmatch(text):
        return ["not of the form that RFC 4180 describes: lines end in CR LF, quotes are closed and doubled"]
    found = []
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            found.append(f"row {number} has {len(row)} fields, the header {len(rows[0])}")
        for cell in row:
            if cell.lstrip().startswith(FORMULA) and not NUMBER.fullmatch(cell):
                found.append(f"row {number}: {cell[:40]!r} begins like a formula")
    return found


def main(paths):
    refused = False
    for path in paths:
        with open(path, "rb") as file:
            for trouble in troubles(file.read()):
                print(f"{path}: {trouble}")
                refused = True
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
