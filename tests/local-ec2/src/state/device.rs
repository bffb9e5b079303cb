//! Device names as EC2 understands them. Written anew and not taken from the planner, which is to be judged by it.

/// Whether EC2 takes the name for a volume: `/dev/sd[a-z]`, `/dev/xvd[a-z]`, `/dev/xvd[b-d][a-z]`, with or without
/// `/dev/`, and the root device `/dev/sda1` (EC2 user guide, "Device names on Linux instances"). A partition such as
/// `/dev/sdk1` is "not a valid EBS device name" (base2genomics/batchit #15), nor is `/dev/nvme1n1`.
pub fn is_device_name(name: &str) -> bool {
    let short = name.strip_prefix("/dev/").unwrap_or(name);
    if short == "sda1" {
        return true;
    }
    let is_letter = |b: &u8| b.is_ascii_lowercase();
    match (short.strip_prefix("xvd"), short.strip_prefix("sd")) {
        (Some(letters), _) => match letters.as_bytes() {
            [letter] => is_letter(letter),
            [b'b'..=b'd', second] => is_letter(second),
            _ => false,
        },
        (None, Some(letters)) => matches!(letters.as_bytes(), [letter] if is_letter(letter)),
        (None, None) => false,
    }
}

/// Whether two names are one device: `/dev/sdf` and `/dev/xvdf` are, and so are `/dev/sda1` and `/dev/xvda`.
pub fn is_same_device(one: &str, other: &str) -> bool {
    letters(one) == letters(other)
}

fn letters(name: &str) -> &str {
    let short = name.strip_prefix("/dev/").unwrap_or(name);
    if short == "sda1" {
        return "a";
    }
    short.strip_prefix("xvd").or_else(|| short.strip_prefix("sd")).unwrap_or(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_what_is_none() {
        for name in ["/dev/sdf", "/dev/xvdf", "xvdf", "/dev/xvdba", "/dev/sda1", "/dev/xvda"] {
            assert!(is_device_name(name), "{name}");
        }
        for name in
            ["", "banana", "/dev/sdk1", "/dev/sdZZ", "/dev/nvme1n1", "/dev/sdaa", "/dev/xvdea", "/dev/sd"]
        {
            assert!(!is_device_name(name), "{name}");
        }
    }

    #[test]
    fn sd_and_xvd_are_one_device() {
        assert!(is_same_device("/dev/sdf", "/dev/xvdf") && is_same_device("xvdf", "/dev/sdf"));
        assert!(is_same_device("/dev/sda1", "/dev/xvda"));
        assert!(!is_same_device("/dev/sdf", "/dev/sdg") && !is_same_device("/dev/sdf", "/dev/xvdbf"));
    }
}
