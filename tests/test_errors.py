from dispensary.errors import quoted


def test_shows_what_was_typed_harmlessly():
    assert quoted("a\x1b[31m\u202eb\ud800") == r"'a\x1b[31m\u202eb\ud800'"
    assert quoted("x" * 41) == f"'{'x' * 40}'..."
