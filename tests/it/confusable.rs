//! Names that could be taken for another member's.

use crate::cosigners::forged::travelled;
use crate::scene::Scene;
use crate::world::*;
use vouchsafe::encoding::{Explain, json};
use vouchsafe::publish::{Error, Named};
use vouchsafe::registry::{Contents, MemberRecord, check_history};

fn code<T>(answer: Result<T, Error>) -> &'static str {
    answer.map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn a_name_like_anothers_is_refused() {
    let world = World::new();
    let admit = |id: &str, name: &str| {
        let code = code(world.forum.add_member(id, name, vec!["x".into()], at(FOUNDED), at(FOUNDED)));
        world.forum.drop_staged().ok();
        code
    };
    for (id, name) in [
        ("acrne", "Another"),
        ("gl0bex", "Another"),
        ("g1obex", "Another"),
        ("another", "ACME CORP"),
        ("another", "Acme\u{a0}Corp"),
        ("another", "\u{410}cme Corp"),
        ("another", "Ａｃｍｅ Ｃｏｒｐ"),
        ("another", "G1obex"),
        ("another", "Acme"),
    ] {
        assert_eq!(admit(id, name), "name-confusable", "{id} {name}");
    }
    for name in
        ["Ano\u{200b}ther", "\u{202e}rehtonA", "Ano\u{ad}ther", "Another\u{1b}[2J", "Another\u{fe0f}", "\u{3164}"]
    {
        assert_eq!(admit("another", name), "name-invisible", "{name:?}");
    }
    for (id, name) in [("acne", "Acne Corp"), ("another", "Über & Söhne, Ltd. (株式会社)"), ("acme2", "Acme Corp 2")]
    {
        assert_eq!(admit(id, name), "ok", "{id} {name}");
    }
    assert_eq!(
        code(world.forum.describe_member("globex", Some("Acme C0rp".into()), None, at(FOUNDED))),
        "name-confusable"
    );
    assert_eq!(code(world.forum.describe_member("globex", Some("GLOBEX".into()), None, at(FOUNDED))), "ok");
}

/// The keeper may say that two are two; the board sees it, and one who signs offline insists on it.
#[test]
fn a_likeness_is_confirmed_in_the_record() {
    let world = World::new();
    let add = |names: &[String]| {
        let name = Named { name: "Acrne Corp", confusable_with: names };
        world.forum.add_member("acrne", name, vec!["x".into()], at(FOUNDED), at(FOUNDED))
    };
    assert_eq!(code(add(&["globex".into()])), "name-confusable", "another member was confirmed");
    add(&["acme".into()]).unwrap();
    let words = world.forum.need_staged().unwrap().review().unwrap().changes.join("\n");
    let said = "CONFIRMED: member acrne (Acrne Corp) could be taken for member acme (Acme Corp), and is another";
    assert!(words.contains(said), "{words}");
    let mut files = world.forum.files().unwrap();
    let mut record = MemberRecord::parse(&files["members/acrne.json"]).unwrap();
    record.confusable_with.clear();
    files.insert("members/acrne.json".into(), json::pretty(&record));
    assert_eq!(code(world.forum.stage(&files, at(FOUNDED))), "name-confusable");
    let staged = world.forum.files().unwrap()["members/acrne.json"].clone();
    world.forum.drop_staged().unwrap();
    let mut travelled = travelled(&world, ("members/acrne.json", &files["members/acrne.json"]));
    assert_eq!(code(travelled.sign(&world.board[0])), "name-confusable");
    files.insert("members/acrne.json".into(), staged);
    world.forum.stage(&files, at(FOUNDED)).unwrap();
    world.publish(FOUNDED);
    // The other one may change its capitals without a word: the pair is known.
    world.forum.describe_member("acme", Some("ACME Corp".into()), None, at(FOUNDED)).unwrap();
}

/// Names that were admitted before anybody compared them stay; a history is not refused for its past.
#[test]
fn old_names_stay() {
    let world = World::new();
    let mut files = world.forum.files().unwrap();
    let twin = MemberRecord::new("acrne", "Acme Corp", at(FOUNDED), vec!["x".into()]);
    let contents = |files: &vouchsafe::publish::change::Files| {
        Contents::parse(files.iter().map(|(n, b)| (n.as_str(), b.as_slice()))).unwrap()
    };
    let before = contents(&files);
    files.insert("members/acrne.json".into(), json::pretty(&twin));
    let with_twin = contents(&files);
    assert_eq!(check_history(&before, &with_twin).unwrap_err().code(), "name-confusable");
    let scoped = MemberRecord { scope: vec!["y".into()], ..twin.clone() };
    files.insert("members/acrne.json".into(), json::pretty(&scoped));
    check_history(&with_twin, &contents(&files)).unwrap();
    let renamed = MemberRecord { name: "acme corp".into(), ..twin };
    files.insert("members/acrne.json".into(), json::pretty(&renamed));
    assert_eq!(check_history(&with_twin, &contents(&files)).unwrap_err().code(), "name-confusable");
}

#[test]
fn the_command_tells_and_takes_a_confirmation() {
    let scene = Scene::new();
    let add = "registry add-member forum acrne --name Another --scope x";
    scene.run(add).says(1, "like that of acme (Acme Corp)");
    scene.ok(&format!("{add} --confusable-with acme")).says(0, "CONFIRMED: member acrne");
    scene.run("registry edit-member forum globex --name Gl\u{430}rt").says(0, "mixes alphabets in one word");
    scene.run("registry edit-member forum globex --name Partner").says(1, "[name-confusable]");
    scene.ok("registry edit-member forum globex --name Partner --confusable-with partner").says(0, "CONFIRMED");
    scene.publish();
    let shown = scene.ok("--format json registry show forum").json("registry-show-v1.json");
    assert_eq!(shown["members"][1]["confusable"][0], "acme", "{shown}");
    scene.ok("registry show forum").says(0, "not to be confused with acme");
}
