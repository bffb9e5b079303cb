//! The pictures of `docs/policies.md` are those of today's code.

use policies::{POLICIES, path, picture};

#[test]
fn the_pictures_in_the_docs_are_those_that_are_drawn_now() {
    for kind in POLICIES {
        let kept = std::fs::read_to_string(path(kind)).unwrap_or_default();
        let drawn = picture(kind).unwrap();
        assert!(kept == drawn, "{} is out of date: run `make policies`", path(kind).display());
    }
}
