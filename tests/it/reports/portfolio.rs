//! An audit's outcome in memory: five members, forty releases, a finding of every code, and names that mean harm.

use std::collections::BTreeMap;
use vouchsafe::audit::{
    ArtifactLine, Cell, Each, Finding, FindingCode, LogSize, NotChecked, Outcome, PolicyShown, ReleaseLine, Reproduce,
    SignerLine, Summary, Totals, Verdict, ViewShown,
};

/// Names as a hostile publisher chooses them; one that is not UTF-8 comes escaped, as the walk writes it.
pub(crate) const HOSTILE: [&str; 12] = [
    "</script><script>alert(1)</script>.tar.gz",
    "=cmd|' /C calc'!A0.zip",
    "@SUM(1+1)*cmd.zip",
    "a\"b'c`d,e;f.zip",
    "x\u{1b}[2J\u{7}y\n| row | of | another |.zip",
    "invoice\u{202e}gpj.exe",
    "bytes\\xff\\xfe.bin",
    "<img src=x onerror=alert(2)>",
    "]]>&amp;<!-- --><![CDATA[.zip",
    "www.example.org [link](http://example.org) ~~x~~ | y",
    "nothing\u{0}here\u{ffff}\u{fffe}\u{85}\u{2028}",
    "javascript:alert(3)?a#b%zz",
];

const MEMBERS: [(&str, &str); 5] = [
    ("acme", "Acme Corp"),
    ("globex", "Globex SE"),
    ("initech", "Initech"),
    ("northwind", "Northwind Traders"),
    ("umbra", "Umbra Systems"),
];

/// An outcome that is held whole.
pub(crate) struct Portfolio {
    pub(crate) summary: Summary,
    pub(crate) releases: Vec<ReleaseLine>,
    pub(crate) artifacts: Vec<ArtifactLine>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) not_checked: Vec<NotChecked>,
}

impl Outcome for Portfolio {
    fn summary(&self) -> &Summary {
        &self.summary
    }
    fn releases(&self, each: Each<'_, ReleaseLine>) -> std::io::Result<()> {
        self.releases.iter().try_for_each(each)
    }
    fn artifacts(&self, each: Each<'_, ArtifactLine>) -> std::io::Result<()> {
        self.artifacts.iter().try_for_each(each)
    }
    fn findings(&self, each: Each<'_, Finding>) -> std::io::Result<()> {
        self.findings.iter().try_for_each(each)
    }
    fn not_checked(&self, each: Each<'_, NotChecked>) -> std::io::Result<()> {
        self.not_checked.iter().try_for_each(each)
    }
}

/// Eight releases a member, two artifacts each; then the faults.
pub(crate) fn portfolio() -> Portfolio {
    let mut made = scaled(8);
    for (code, i) in FindingCode::ALL.iter().zip(0..) {
        plant(&mut made, *code, 5 * i);
    }
    for name in HOSTILE {
        let mut line = artifact(&format!("mirror/{name}"), Verdict::Undecided, None);
        (line.code, line.message) = (Some("attestation-missing".into()), format!("no attestation is about {name}"));
        made.findings.push(about(FindingCode::Unattested, &line, &format!("nobody vouches for {name}")));
        made.artifacts.push(line);
        made.not_checked.push(NotChecked { path: format!("notes/{name}"), why: format!("is {name}, no file") });
    }
    let long = format!("{}/{}.tar.gz", "deep".repeat(40), "long".repeat(200));
    made.artifacts.push(artifact(&long, Verdict::Verified, Some(&made.releases[0])));
    made.releases[3].product = HOSTILE[0].into();
    made.summary.policy.name = HOSTILE[3].into();
    made.counted()
}

/// So many releases a member, without a fault.
pub(crate) fn scaled(each: usize) -> Portfolio {
    let summary = summary();
    let mut made =
        Portfolio { summary, releases: vec![], artifacts: vec![], findings: vec![], not_checked: Vec::new() };
    for (m, (member, _)) in MEMBERS.iter().enumerate() {
        for n in 0..each {
            let release = release(member, m, n);
            for kind in ["tar.gz", "zip"] {
                let path = format!("releases/{member}/{member}-{n}.0.{kind}");
                made.artifacts.push(artifact(&path, Verdict::Verified, Some(&release)));
            }
            made.releases.push(release);
        }
    }
    made.counted()
}

impl Portfolio {
    /// In order, and with the totals that belong to it.
    pub(crate) fn counted(mut self) -> Self {
        self.artifacts.sort_by(|a, b| a.path.cmp(&b.path));
        self.findings.sort_by(|a, b| (a.severity, a.code, &a.path).cmp(&(b.severity, b.code, &b.path)));
        self.not_checked.sort_by(|a, b| a.path.cmp(&b.path));
        let count = |verdict| self.artifacts.iter().filter(|a| a.verdict == verdict).count();
        let (verified, refused, undecided) =
            (count(Verdict::Verified), count(Verdict::Refused), count(Verdict::Undecided));
        self.summary.totals = Totals { requested: self.artifacts.len(), verified, refused, undecided };
        self.summary.verdict = match (refused, undecided) {
            (1.., _) => Verdict::Refused,
            (0, 1..) => Verdict::Undecided,
            (0, 0) => Verdict::Verified,
        };
        self.summary.findings = BTreeMap::new();
        for finding in &self.findings {
            *self.summary.findings.entry(finding.severity).or_default() += 1;
        }
        (self.summary.releases, self.summary.not_checked) = (self.releases.len(), self.not_checked.len());
        self
    }
}

/// A fault of this kind, at this release.
fn plant(made: &mut Portfolio, code: FindingCode, at: usize) {
    let at = at % made.releases.len();
    let release = &mut made.releases[at];
    let (id, member) = (release.id.clone(), release.members.first().cloned());
    let line = made.artifacts.iter_mut().find(|a| a.release.as_ref() == Some(&id)).unwrap();
    let mut found = about(code, line, &format!("{}: {}", line.path, code.why()));
    let refused = [FindingCode::Refused, FindingCode::RevokedKeyUsed, FindingCode::MemberSuspended];
    if refused.contains(&code) || matches!(code, FindingCode::Undecided | FindingCode::Unattested) {
        line.verdict = if refused.contains(&code) { Verdict::Refused } else { Verdict::Undecided };
        line.code = Some(format!("planted-{}", code.as_str()));
        (line.expected, line.got) = (Some("a release nobody tampered with".into()), Some("this one".into()));
        line.hint = Some("vouchsafe explain CODE".into());
        (line.message, line.signers, line.tier) = (code.why().into(), vec![], None);
        release.verified -= 1;
    }
    match code {
        FindingCode::Expiring => {
            let key = Finding { path: None, release: None, due: Some("2027-01-05T00:00:00Z".into()), ..found.clone() };
            made.findings.push(Finding { message: "key 5Yv0… ends in 43 days".into(), ..key });
            found.due = release.valid_until.clone();
        }
        FindingCode::ExceptionExpiring => found.due = Some("2026-12-15T00:00:00Z".into()),
        FindingCode::DeclaredOnly => {
            let weak = release.practices.values_mut().next().unwrap();
            weak.status = Some("basis too weak".into());
            found.practice = release.practices.keys().next().cloned();
        }
        _ => {}
    }
    found.member = member;
    made.findings.push(found);
}

fn about(code: FindingCode, line: &ArtifactLine, message: &str) -> Finding {
    Finding {
        severity: code.severity(),
        code,
        path: Some(line.path.clone()),
        release: line.release.clone(),
        member: None,
        practice: None,
        message: message.into(),
        due: None,
    }
}

fn release(member: &str, m: usize, n: usize) -> ReleaseLine {
    let (year, month) = (2025 + (n * 3 + m) / 12, (n * 3 + m) % 12 + 1);
    let catalogue = vouchsafe::practice::builtin().unwrap();
    let base = catalogue.profile("base").unwrap();
    let practices = base.iter().enumerate().map(|(i, id)| (id.to_string(), cell(i, m, n)));
    ReleaseLine {
        id: format!("{:064x}", 0xabcd_0000 + m * 100_000 + n),
        source: format!("releases/{member}/{member}-{n}.0.sigstore.json"),
        members: vec![member.into()],
        product: format!("pkg:generic/{member}/tool@{n}.0"),
        attested: Some(format!("{year}-{month:02}-07T09:30:00Z")),
        valid_until: (n % 4 != 3).then(|| format!("{}-{month:02}-07T09:30:00Z", year + 1)),
        artifacts: 2,
        verified: 2,
        practices: practices.chain([("XTR-01".into(), of("met", "declared", None))]).collect(),
        logged: (m != 3).then(|| format!("{year}-{month:02}-07T09:31:00Z")),
    }
}

/// Members grow better with time, each at its own pace.
fn cell(i: usize, m: usize, n: usize) -> Cell {
    match (i * 7 + m * 5) % 17 {
        k if k < 2 + n => of("met", "checked", Some("met")),
        15 if m == 2 => of("notMet", "declared", Some("excepted")),
        16 if m == 4 => of("notMet", "declared", Some("not met")),
        14 if n < 2 => Cell { result: None, basis: None, status: Some("unclaimed".into()) },
        13 if m == 1 => of("partial", "reviewed", Some("not met")),
        12 => of("notApplicable", "declared", Some("not applicable")),
        k if k % 3 == 0 => of("met", "reviewed", Some("met")),
        _ => of("met", "declared", Some("met")),
    }
}

fn of(result: &str, basis: &str, status: Option<&str>) -> Cell {
    Cell { result: Some(result.into()), basis: Some(basis.into()), status: status.map(str::to_owned) }
}

fn artifact(path: &str, verdict: Verdict, release: Option<&ReleaseLine>) -> ArtifactLine {
    let signer = |id: &String| SignerLine {
        member: id.clone(),
        name: MEMBERS.iter().find(|(m, _)| m == id).unwrap().1.into(),
        since: "2019-01-01T00:00:00Z".into(),
        keyid: "5Yv0WvXq1Zz4k2d6v3o8m0l9y7b1c5n4f2a6s8g0h3E=".into(),
        key_status: "active",
    };
    ArtifactLine {
        path: path.into(),
        digest: Some(format!("sha256:{:064x}", path.len())),
        verdict,
        code: None,
        message: "base profile, 34 of 34 practices met".into(),
        expected: None,
        got: None,
        hint: None,
        release: release.map(|r| r.id.clone()),
        signers: release.into_iter().flat_map(|r| r.members.iter().map(signer)).collect(),
        tier: release.map(|_| "recomputed".into()),
    }
}

fn summary() -> Summary {
    let at = "2026-11-23T08:00:00Z";
    Summary {
        schema: "vouchsafe-audit/v1",
        verdict: Verdict::Undecided,
        as_of: ViewShown {
            forum: "Example <Forum>".into(),
            forum_id: "example".into(),
            registry_version: 7,
            issued: "2026-11-23T06:00:00Z".into(),
            age_seconds: 7_200,
            at: at.into(),
            source: "trusted".into(),
        },
        policy: PolicyShown { name: "default".into(), sha256: "ab".repeat(32) },
        totals: Totals { requested: 0, verified: 0, refused: 0, undecided: 0 },
        releases: 0,
        findings: BTreeMap::new(),
        not_checked: 0,
        reproduce: Reproduce {
            command: "vouchsafe audit releases/ --at 2026-11-23T08:00:00Z --output html=report.html".into(),
            at: at.into(),
            fingerprint: "cd".repeat(32),
            registry_version: 7,
            policy_sha256: "ab".repeat(32),
            log: Some(LogSize { origin: "log.example.org/forum".into(), size: 4_211 }),
            program: "0.1.0".into(),
        },
    }
}
