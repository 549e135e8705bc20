//! A log that went on in a new shard: what is in the old one stays verifiable, and whoever follows the forum goes along.

use crate::faults::copy;
use crate::scene::Scene;

/// A forum whose log is its first shard, with one witness, and a release in it.
fn first_shard() -> Scene {
    let scene = Scene::new();
    scene.ok("key generate --no-passphrase --out cisa.pem");
    scene.ok("log witness init cisa --name cisa.example --key cisa.pem");
    shard(&scene, "2026h2", "");
    adopt(&scene, "2026h2");
    publish(&scene, "2026h2").says(0, "PUBLISHED");
    scene.release("acme-1.0");
    enter(&scene, "2026h2", "acme-1.0");
    scene.write("required.toml", "schema = \"vouchsafe-policy/v1\"\n[log]\nrequire = \"required\"\n");
    // The folder this forum is in, and not the one it was made in.
    let fingerprint = vouchsafe::registry::Fingerprint::of(&scene.read("forum/published/metadata/1.root.json"));
    scene.ok(&format!("trust add forum --fingerprint {fingerprint}"));
    scene
}

/// Makes a shard that the witness knows, and its log policy, which names `others` as well.
fn shard(scene: &Scene, name: &str, others: &str) {
    scene.ok(&format!("key generate --no-passphrase --out {name}.pem"));
    scene.ok(&format!("log init {name} --origin forum.example/{name} --key {name}.pem"));
    scene.ok(&format!("log witness add-log cisa {name}"));
    scene.ok(&format!("log policy {name} --witness cisa=cisa {others} --out {name}.policy"));
}

/// Stages the log policy of a shard.
fn adopt(scene: &Scene, name: &str) {
    scene.ok(&format!("registry set-log forum {name}.policy"));
    scene.ok("registry sign forum --key board1.pem");
    scene.ok("registry sign forum --key board2.pem");
}

/// Publishes what is staged, entered in this shard.
fn publish(scene: &Scene, shard: &str) -> crate::run::Ran {
    scene.run(&format!("registry publish forum --online-key online.pem --log {shard} --log-key {shard}.pem"))
}

fn enter(scene: &Scene, shard: &str, release: &str) {
    scene.ok(&format!("log append {shard} {release}.sigstore.json --key {shard}.pem --trust forum"));
}

/// A version of the registry that has nothing to do with logs.
fn another_version(scene: &Scene, shard: &str, state: &str) {
    scene.ok(&format!("registry {state} forum globex"));
    scene.ok("registry sign forum --key board1.pem");
    scene.ok("registry sign forum --key board2.pem");
    publish(scene, shard).says(0, "PUBLISHED");
}

#[test]
fn what_is_in_the_old_shard_stays_verifiable_and_what_is_new_is_in_the_new_one() {
    let scene = first_shard();
    shard(&scene, "2027h1", "--shard 2026h2");
    adopt(&scene, "2027h1");
    // Entered in the new shard alone, nobody who follows the forum would take it.
    publish(&scene, "2027h1").says(1, "[registry-not-logged]").says(1, "looked for: forum.example/2026h2\n");
    publish(&scene, "2026h2").says(0, "PUBLISHED");
    scene.ok("trust update");
    // From here on nobody can write to the old shard.
    std::fs::remove_dir_all(scene.path("2026h2")).unwrap();
    std::fs::remove_file(scene.path("2026h2.pem")).unwrap();
    scene.release("acme-1.1");
    enter(&scene, "2027h1", "acme-1.1");
    another_version(&scene, "2027h1", "suspend");
    scene.ok("trust update");
    scene.ok("trust export --trust forum --out forum.json");
    std::fs::remove_dir_all(scene.path("forum")).unwrap();
    std::fs::remove_dir_all(scene.path("2027h1")).unwrap();
    for (release, log) in
        [("acme-1.0", "entry 1 of forum.example/2026h2"), ("acme-1.1", "entry 0 of forum.example/2027h1")]
    {
        for trust in ["", "--trust forum.json"] {
            scene.run(&format!("verify {release} --policy required.toml {trust}")).says(0, log);
        }
    }
    // A log that looks like a shard, and that the forum does not name.
    shard(&scene, "2027h2", "");
    scene.release("acme-1.2");
    scene.ok("log append 2027h2 acme-1.2.sigstore.json --key 2027h2.pem --public-key acme.pub.pem");
    scene.run("verify acme-1.2 --policy required.toml --trust forum.json").says(1, "[origin-unknown]");
}

/// A shard is named before it is written: whoever did not look in the meantime follows all the same.
#[test]
fn who_was_away_follows_as_long_as_one_shard_that_was_named_then_is_written() {
    let scene = first_shard();
    let away = |name: &str| copy(&scene.path("home"), &scene.path(name));
    let update = |home: &str| {
        copy(&scene.path(home), &scene.path("home"));
        scene.run("trust update")
    };
    away("before");
    shard(&scene, "2027h1", "--shard 2026h2");
    adopt(&scene, "2027h1");
    publish(&scene, "2026h2").says(0, "PUBLISHED");
    scene.ok("trust update");
    away("named");
    another_version(&scene, "2027h1", "suspend");
    update("named").says(0, "");
    shard(&scene, "2027h2", "--shard 2027h1 --shard 2026h2");
    adopt(&scene, "2027h2");
    publish(&scene, "2027h1").says(0, "PUBLISHED");
    another_version(&scene, "2027h1", "reinstate");
    update("named").says(0, "");
    update("before").says(1, "[log-policy-changed]");
    // The first shard is still believed, so the forum can pick up those as well.
    another_version(&scene, "2026h2", "suspend");
    for home in ["before", "named"] {
        update(home).says(0, "");
        scene.run("verify acme-1.0 --policy required.toml").says(0, "entry 1 of forum.example/2026h2");
    }
}

/// A new log policy without the old log would shut out everybody who follows the forum.
#[test]
fn a_policy_that_forgets_the_old_log_is_not_published_unless_that_log_is_lost() {
    let scene = first_shard();
    shard(&scene, "2027h1", "");
    adopt(&scene, "2027h1");
    for log in ["2027h1", "2026h2"] {
        publish(&scene, log)
            .says(1, "[log-policy-changed]")
            .says(1, "still names forum.example/2026h2")
            .says(1, "--shard OLD");
    }
    scene.ok("trust update");
    // Mended, it goes out, and nobody is shut out.
    scene.ok("log policy 2027h1 --witness cisa=cisa --shard 2026h2 --out both.policy");
    scene.ok("registry set-log forum both.policy");
    scene.ok("registry sign forum --key board1.pem");
    scene.ok("registry sign forum --key board2.pem");
    publish(&scene, "2026h2").says(0, "PUBLISHED");
    scene.ok("trust update");
    // A log whose key is gone is left in the sight of nobody, and who follows is told.
    shard(&scene, "2027h2", "");
    adopt(&scene, "2027h2");
    publish(&scene, "2027h2").says(1, "[log-policy-changed]");
    let nowhere = "registry publish forum --online-key online.pem --log-lost";
    scene.run(nowhere).says(1, "[registry-not-logged]").says(1, "--log DIR --log-key KEY");
    let line = "registry publish forum --online-key online.pem --log 2027h2 --log-key 2027h2.pem --log-lost";
    scene.run(line).says(0, "PUBLISHED");
    scene.run("trust update").says(1, "[log-policy-changed]");
}

/// What can be written is not lost: a forum that leaves its log and names it is followed.
#[test]
fn a_log_that_is_at_hand_is_written_whatever_is_said_of_it() {
    let scene = first_shard();
    scene.ok("registry set-log forum --none");
    scene.ok("registry sign forum --key board1.pem");
    scene.ok("registry sign forum --key board2.pem");
    let line = "registry publish forum --online-key online.pem --log 2026h2 --log-key 2026h2.pem --log-lost";
    scene.run(line).says(0, "PUBLISHED");
    scene.ok("trust update");
}

/// A frozen shard in place of the one that is written would show that nothing is new.
#[test]
fn one_shard_is_not_taken_for_another() {
    let scene = first_shard();
    let web = scene.path("web");
    shard(&scene, "2027h1", &format!("--url {} --shard 2026h2", web.display()));
    scene.ok("log policy 2027h1 --witness cisa=cisa --shard 2026h2 --out nowhere.policy");
    scene.release("acme-1.1");
    enter(&scene, "2027h1", "acme-1.1");
    let serve = |shard: &str| {
        let _ = std::fs::remove_dir_all(&web);
        copy(&scene.path(format!("{shard}/public")), &web);
    };
    // The place is the policy's, or one that whoever looks knows.
    for (policy, origin) in [("2027h1.policy", ""), ("nowhere.policy", "--origin forum.example/2027h1")] {
        for command in ["check", "monitor --trust forum"] {
            let look = |place: &str| scene.run(&format!("log {command} {place} --log-policy {policy} {origin}"));
            serve("2027h1");
            look("web").says(0, "forum.example/2027h1");
            look(web.to_str().unwrap()).says(0, "forum.example/2027h1");
            serve("2026h2");
            look("web").says(1, "[origin-unknown]").says(1, "got       forum.example/2026h2");
        }
    }
    scene.run("log check web --log-policy nowhere.policy").says(2, "--origin says which");
    scene.run("log check web --log-policy nowhere.policy --origin forum.example").says(1, "[origin-unknown]");
}

#[test]
fn another_log_at_a_place_that_is_known_is_refused_until_it_is_asked_for() {
    let scene = first_shard();
    shard(&scene, "2027h1", "");
    scene.release("acme-1.1");
    enter(&scene, "2027h1", "acme-1.1");
    let serve = |shard: &str, origin: &str| {
        let _ = std::fs::remove_dir_all(scene.path("web"));
        copy(&scene.path(format!("{shard}/public")), &scene.path("web"));
        scene.run(&format!("log check web --log-policy {shard}.policy {origin}"))
    };
    serve("2026h2", "").says(0, "seen for the first time");
    serve("2027h1", "").says(1, "[origin-unknown]").says(1, "forum.example/2026h2, as was seen there before");
    serve("2026h2", "").says(0, "unchanged");
    serve("2027h1", "--origin forum.example/2027h1").says(0, "seen for the first time");
    serve("2027h1", "").says(0, "unchanged");
    serve("2026h2", "").says(1, "[origin-unknown]");
}

/// Two shards of one name could not be told apart.
#[test]
fn a_shard_has_an_origin_of_its_own() {
    let scene = first_shard();
    scene.ok("key generate --no-passphrase --out again.pem");
    scene.ok("log init again --origin forum.example/2026h2 --key again.pem");
    let policy = scene.run("log policy again --quorum none --shard 2026h2 --out again.policy");
    policy.says(3, "a second log with the origin forum.example/2026h2");
    assert!(!scene.path("again.policy").exists());
}

/// Who watches one shard has not seen what is in the others.
#[test]
fn of_several_shards_one_has_to_be_named_to_be_watched() {
    let scene = first_shard();
    let key = scene.text("2026h2.policy").lines().next().unwrap().split(' ').nth(1).unwrap().to_owned();
    shard(&scene, "2027h1", &format!("--url http://127.0.0.1:9/b --shard {key}@http://127.0.0.1:9/a"));
    scene.run("log check --log-policy 2027h1.policy").says(
        2,
        "names forum.example/2027h1 at http://127.0.0.1:9/b and forum.example/2026h2 at http://127.0.0.1:9/a; --origin",
    );
    scene.run("log monitor --log-policy 2027h1.policy --trust forum").says(2, "which log?");
    scene.release("acme-1.1");
    enter(&scene, "2027h1", "acme-1.1");
    for shard in ["2026h2", "2027h1"] {
        let check = format!("log check {shard} --log-policy 2027h1.policy");
        scene.run(&check).says(2, "which log?");
        let of = format!("forum.example/{shard}");
        scene.run(&format!("{check} --origin {of}")).says(0, &of);
    }
    // By its own word alone the log in a folder is the one it was made as.
    scene.run("log check 2027h1 --trust nowhere").says(0, "forum.example/2027h1");
    // The URL that a shard's own policy gives it goes along.
    shard(&scene, "2027h2", "--shard 2027h1");
    assert!(scene.text("2027h2.policy").lines().nth(1).unwrap().ends_with(" http://127.0.0.1:9/b"));
}
