//! Who is a member (being written).
