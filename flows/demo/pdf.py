"""A tiny real PDF with a Vietnamese text layer, for the attachments of the replica sites."""

from collections.abc import Sequence


def document(lines: Sequence[str]) -> bytes:
    """One A4 page with `lines`; readers that extract text get them back exactly.

    The standard fonts have no Vietnamese letters, so each letter gets a code of its own and a ToUnicode map names it.
    Raises ValueError when the lines use more than 224 different letters.
    """
    letters = sorted({letter for line in lines for letter in line} | {" "})
    if len(letters) > 224:
        raise ValueError("a page of this small writer holds at most 224 different letters")
    codes = {letter: number for number, letter in enumerate(letters, start=32)}
    shown = b" T* ".join(b"<" + "".join(f"{codes[letter]:02X}" for letter in line).encode() + b"> Tj" for line in lines)
    glyphs = " ".join(f"/uni{ord(letter):04X}" for letter in letters)
    return _assemble(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 6 0 R"
            b" /Resources << /Font << /F1 4 0 R >> >> >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 5 0 R /Encoding"
            b" << /Type /Encoding /Differences [32 " + glyphs.encode() + b"] >> >>",
            _stream(_to_unicode(codes)),
            _stream(b"BT /F1 12 Tf 15 TL 60 780 Td " + shown + b" ET"),
        ]
    )


def _stream(data: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)


def _to_unicode(codes: dict[str, int]) -> bytes:
    pairs = [f"<{code:02X}> <{letter.encode('utf-16-be').hex().upper()}>" for letter, code in codes.items()]
    # The format allows at most 100 pairs in one block.
    blocks = [pairs[i : i + 100] for i in range(0, len(pairs), 100)]
    mapped = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n"
        "1 begincodespacerange <00> <FF> endcodespacerange\n"
        f"{mapped}\nendcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()


def _assemble(objects: Sequence[bytes]) -> bytes:
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
