//! Groups and what their seats endorse, as `vouchsafe registry show` tells them.

use serde::Serialize;
use vouchsafe::encoding::text::shown;
use vouchsafe::registry::{Endorsed, ForumRecord, endorsing};

/// A group of seats.
#[derive(Serialize)]
pub(super) struct Group {
    group: String,
    seats: Vec<Seat>,
}

#[derive(Serialize)]
struct Seat {
    name: String,
    keyid: String,
    suite: &'static str,
}

/// The groups of a forum.
pub(super) fn of(forum: &ForumRecord) -> Vec<Group> {
    let seat = |(name, seat): (&String, &vouchsafe::registry::SeatRecord)| Seat {
        name: name.clone(),
        keyid: seat.public_key().map(|key| key.id().to_string()).unwrap_or_default(),
        suite: seat.suite.as_str(),
    };
    let group = |(name, seats): (&String, &std::collections::BTreeMap<_, _>)| Group {
        group: name.clone(),
        seats: seats.iter().map(seat).collect(),
    };
    forum.groups.iter().map(group).collect()
}

/// The seats whose endorsements count, as GROUP/SEAT.
pub(super) fn seats(envelopes: &[serde_json::Value], forum: &ForumRecord, about: &Endorsed) -> Vec<String> {
    endorsing(envelopes, forum, about).into_iter().map(|(group, seat)| format!("{group}/{seat}")).collect()
}

impl Group {
    /// `advisory: cisa (KEYID), nist (KEYID)`.
    pub(super) fn text(&self) -> String {
        let seats: Vec<String> =
            self.seats.iter().map(|s| format!("{} ({})", shown(&s.name), shown(&s.keyid))).collect();
        format!("{}: {}", shown(&self.group), seats.join(", "))
    }
}
