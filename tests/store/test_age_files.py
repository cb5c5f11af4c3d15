"""age files: who can read them, and which are refused before anybody tries."""

import os
import re
import time
from base64 import b64encode

import bech32
import pyrage  # type: ignore[import-untyped]
import pytest

from fedmarket.store.age import MAX_RECIPIENTS, AgeError, AgeIdentity, checked_recipient, decrypt, encrypt

ALICE = AgeIdentity.from_secret(b"a" * 32)
BOB = AgeIdentity.from_secret(b"b" * 32)
CAROL = AgeIdentity.from_secret(b"c" * 32)
PRIME = 2**255 - 19
FILE = encrypt(b"hello", [ALICE.public])
STANZA = re.search(rb"-> X25519 \S+\n\S+\n", FILE)
assert STANZA is not None
FIRST = STANZA[0]
GREASE = FILE[STANZA.end() : FILE.index(b"--- ")]


def refused(data: bytes, identity: AgeIdentity = ALICE) -> str:
    with pytest.raises(AgeError) as refusal:
        decrypt(data, identity)
    assert refusal.value.exit_code == 3
    assert refusal.value.sentence("en") and refusal.value.sentence("zh")
    return refusal.value.error_id


# "x" under the passphrase "pw", written by pyrage 1.4.0 in five seconds.
PASSPHRASE_FILE = (
    b"age-encryption.org/v1\n"
    b"-> scrypt HpXtir+sEo7vlcEhY4qhwg 19\nz04C1l/R14s3fPS+O8VSf3XatFC/KjD0z/QnZNDKISY\n"
    b"--- cHlGBM7bseX2Jr9nk1QNO1Ev317XiyfORnGuY/2trZo\n"
    b"%\xa5s\x94\xebP\xb9\xb5\xd0\xfb\xed\xb7\xc8\xc5h\xa2\xcb\xf9!\xc7%\xf6"
    b":\xdb\xc3?\x97!\x17\xa1\xcc\xfc\x8d"
)

# Written by age-encryption 0.3 (TypeScript) to ALICE, so that it also holds the derivation of her key.
FOREIGN_FILE = (
    b"age-encryption.org/v1\n"
    b"-> X25519 fWaoD+pZ0co5OgoNVfOkkZ4o7JHghX4tGrYjYuTgGTY\n"
    b"SttPiVjZOHeaGwkbEpap6OtOpDaaAbFpeC3sLCWYyVw\n"
    b"--- VfpEQCPDD/7FlZvhjb0RykjhjYdOZTFX3PtjfvlkMoc\n"
    b"i\xc2\xba\x9fN\xdb\x12\x15\xb6\xdc\xad\xf5\xaf\xd65j\xd6zK\xf9\xb7\xdb"
    b"\x83Q\xdc\xb5\x19\r\xbb=\xcd\xff\xccq\xc7>\xb5\x99\xa6\x8f\xfcq\x1c>"
    b"\x89\x1d)XdC\xc3\xd7"
)


# Who cannot be encrypted to


def test_an_encryption_to_nobody_is_refused() -> None:
    with pytest.raises(AgeError) as refusal:
        encrypt(b"data", [])
    assert refusal.value.error_id == "age.no_recipients"
    assert refusal.value.sentence("zh")


@pytest.mark.parametrize("key", [b"", b"\1" * 31, b"\1" * 33, ALICE.public + b"\0"], ids=len)
def test_a_key_of_the_wrong_length_is_refused(key: bytes) -> None:
    with pytest.raises(AgeError) as refusal:
        encrypt(b"data", [ALICE.public, key])
    assert refusal.value.error_id == "age.bad_recipient"
    assert refusal.value.sentence("zh")


# The points of order 1, 2, 4 and 8 on the curve and its twist, as listed at https://cr.yp.to/ecdh.html#validate
SMALL_ORDER = [
    0,
    1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
    PRIME - 1,
]


@pytest.mark.parametrize("u", SMALL_ORDER)
def test_attack_an_announced_key_of_small_order_is_refused(u: int) -> None:
    # pyrage panics on these, which no `except Exception` would catch: the aggregator would die of one join.
    with pytest.raises(AgeError) as refusal:
        encrypt(b"data", [u.to_bytes(32, "little")])
    assert refusal.value.error_id == "age.bad_recipient"


@pytest.mark.parametrize("u", [PRIME, PRIME + 1, PRIME + 9, 2**255, 2**255 + 9, 2**256 - 1])
def test_a_second_spelling_of_a_key_is_refused(u: int) -> None:
    with pytest.raises(AgeError):
        checked_recipient(u.to_bytes(32, "little"))


def test_honest_keys_are_accepted() -> None:
    for number in range(200):
        identity = AgeIdentity.from_secret(number.to_bytes(32, "big"))
        assert checked_recipient(identity.public) == identity.public
    assert checked_recipient((9).to_bytes(32, "little"))


# Which files are refused


def test_a_file_for_somebody_else_is_told_apart_from_a_broken_one() -> None:
    assert refused(FILE, BOB) == "age.not_for_us"


def test_a_passphrase_file_is_refused() -> None:
    assert refused(PASSPHRASE_FILE) == "age.malformed"
    scrypt = PASSPHRASE_FILE[22 : PASSPHRASE_FILE.index(b"--- ")].replace(b" 19\n", b" 23\n")
    assert refused(FILE.replace(FIRST, scrypt)) == "age.malformed"
    assert refused(FILE.replace(FIRST, FIRST + scrypt)) == "age.malformed"


def test_an_armored_file_is_refused() -> None:
    assert refused(pyrage.encrypt(b"data", [recipient(ALICE)], armored=True)) == "age.malformed"


HEADERS = {
    "another version": FILE.replace(b"/v1\n", b"/v2\n"),
    "a blank first": b"\n" + FILE,
    "carriage returns": FILE.replace(b"\n", b"\r\n"),
    "no stanza": FILE.replace(FIRST, b""),
    "only grease": FILE.replace(FIRST, GREASE),
    "grease twice": FILE.replace(GREASE, GREASE * 2),
    "grease first": FILE.replace(FIRST + GREASE, GREASE + FIRST),
    "an unknown stanza": FILE.replace(GREASE, b"-> ssh-ed25519 abcd\n\n"),
    "an unknown stanza before": FILE.replace(FIRST, b"-> joint abcd\n\n" + FIRST),
    "a stanza without body": FILE.replace(FIRST, FIRST.split(b"\n")[0] + b"\n"),
    "an empty body": FILE.replace(FIRST, FIRST.split(b"\n")[0] + b"\n\n"),
    "a body in two lines": FILE.replace(FIRST, FIRST[:-10] + b"\n" + FIRST[-10:]),
    "a body without its last line": FILE.replace(GREASE, b"-> a-grease\n" + b"A" * 64 + b"\n"),
    "a grease without body": FILE.replace(GREASE, b"-> a-grease\n"),
    "a grease with a long body": FILE.replace(GREASE, b"-> a-grease\n" + (b"A" * 64 + b"\n") * 9 + b"\n"),
    "an argument too many": FILE.replace(b"-> X25519 ", b"-> X25519 a "),
    "no argument": re.sub(rb"X25519 \S+", b"X25519", FILE),
    "two blanks": FILE.replace(b"-> X25519 ", b"->  X25519 "),
    "a blank at the end": FILE.replace(FIRST, FIRST.replace(b"\n", b" \n", 1)),
    "a lower-case type": FILE.replace(b"X25519", b"x25519"),
    "padding": FILE.replace(FIRST, FIRST.replace(b"\n", b"=\n", 1)),
    "spare bits set": re.sub(rb"(X25519 \S{42})\S", rb"\1B", FILE),
    "an url-safe digit": re.sub(rb"(X25519 \S{20})\S", rb"\1-", FILE),
    "a short mac": re.sub(rb"--- \S", b"--- ", FILE),
    "no mac": re.sub(rb"--- \S+\n", b"---\n", FILE),
    "an empty mac": re.sub(rb"--- \S+\n", b"--- \n", FILE),
    "a header only": FILE[: FILE.index(b"--- ")],
    "nothing": b"",
    "rubbish": b"\0" * 1000,
    "one endless line": b"age-encryption.org/v1\n-> X25519 " + b"A" * 10**6,
    "endless recipients": FILE.replace(FIRST, FIRST * (MAX_RECIPIENTS + 1)),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_a_malformed_header_is_refused(kind: str) -> None:
    assert HEADERS[kind] != FILE
    with pytest.raises(AgeError, match="its header") as refusal:
        decrypt(HEADERS[kind], ALICE)
    assert refusal.value.error_id == "age.malformed"


@pytest.mark.parametrize("u", [*SMALL_ORDER, PRIME, PRIME + 1])
def test_attack_a_share_of_small_order_is_refused(u: int) -> None:
    share = b64encode(u.to_bytes(32, "little")).rstrip(b"=")
    assert refused(re.sub(rb"(X25519 )\S+", rb"\g<1>" + share, FILE)) == "age.malformed"


def test_a_header_that_was_altered_is_refused_even_in_its_grease() -> None:
    assert refused(FILE.replace(GREASE, b"-> other-grease\n\n")) == "age.malformed"
    assert refused(FILE.replace(GREASE, b"")) == "age.malformed"
    assert refused(FILE.replace(FIRST, FIRST * 2)) == "age.malformed"


def test_any_changed_bit_or_cut_in_the_payload_is_refused() -> None:
    start = FILE.index(b"--- ") + 48
    for place in range(start, len(FILE)):
        altered = bytearray(FILE)
        altered[place] ^= 1
        assert refused(bytes(altered)) == "age.malformed"
        assert refused(FILE[:place]) == "age.malformed"
    assert refused(FILE + b"\0") == "age.malformed"


@pytest.mark.parametrize("kept", [1, 2])
def test_a_file_cut_between_two_chunks_is_refused(kept: int) -> None:
    whole = encrypt(bytes(3 * 65536), [ALICE.public])
    start = whole.index(b"--- ") + 48
    assert refused(whole[: start + 16 + kept * (65536 + 16)]) == "age.malformed"


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 131072, 200_000])
def test_a_file_larger_than_the_reader_wants_is_refused(size: int) -> None:
    file = encrypt(bytes(size), [ALICE.public])
    assert decrypt(file, ALICE, max_bytes=size) == bytes(size)
    with pytest.raises(AgeError, match=f"{size} bytes where at most {size - 1}") as refusal:
        decrypt(file, ALICE, max_bytes=size - 1)
    assert refusal.value.error_id == "age.too_large"
    assert refusal.value.sentence("zh")


# What works


@pytest.mark.parametrize("data", [b"", b"x", os.urandom(65536), os.urandom(10_000_000)], ids=len)
def test_what_was_encrypted_to_a_key_is_decrypted_by_it(data: bytes) -> None:
    assert decrypt(encrypt(data, [ALICE.public]), ALICE) == data


def test_every_recipient_reads_and_nobody_else_does() -> None:
    file = encrypt(b"for two", [ALICE.public, BOB.public])
    assert decrypt(file, ALICE) == decrypt(file, BOB) == b"for two"
    assert refused(file, CAROL) == "age.not_for_us"


def test_order_and_repetition_of_recipients_do_not_matter() -> None:
    file = encrypt(b"x", [BOB.public, ALICE.public, BOB.public])
    assert file.count(b"-> X25519 ") == 2
    assert decrypt(file, ALICE) == decrypt(file, BOB) == b"x"


def test_the_key_follows_from_the_accounts_secret_and_is_not_shown() -> None:
    again = AgeIdentity.from_secret(b"a" * 32)
    assert again == ALICE and len(again.public) == 32
    assert len({ALICE.public, BOB.public, CAROL.public}) == 3
    assert "AGE-SECRET" not in repr(ALICE)


def test_files_of_every_length_of_grease_are_read() -> None:
    for _ in range(300):
        assert decrypt(encrypt(b"x", [ALICE.public, BOB.public]), BOB) == b"x"


def test_a_file_from_another_age_program_is_read() -> None:
    assert b"grease" not in FOREIGN_FILE
    assert decrypt(FOREIGN_FILE, ALICE) == b"from another program"


def test_the_most_recipients_are_read_at_once_and_one_more_is_refused() -> None:
    keys = [AgeIdentity.from_secret(number.to_bytes(4, "big")).public for number in range(MAX_RECIPIENTS)]
    file = encrypt(b"x", [*keys[1:], ALICE.public])
    began = time.perf_counter()
    assert decrypt(file, ALICE) == b"x"
    assert time.perf_counter() - began < 6, "pyrage.decrypt needs 12 s"
    with pytest.raises(AgeError) as refusal:
        encrypt(b"x", [*keys, ALICE.public])
    assert refusal.value.error_id == "age.too_many_recipients"
    assert refusal.value.sentence("zh")


def recipient(identity: AgeIdentity) -> pyrage.x25519.Recipient:
    digits = bech32.convertbits(identity.public, 8, 5)
    assert digits is not None
    return pyrage.x25519.Recipient.from_str(bech32.bech32_encode("age", digits))
