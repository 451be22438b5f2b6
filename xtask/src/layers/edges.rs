//! Every dependency of every crate against the table of rooms and doors.

use super::rooms::{DOORS, ROOMS, Room};
use crate::finding::Finding;
use crate::metadata::{Dependency, Metadata, Package};

/// The dependencies that no rule allows, and the crates that no rule knows.
pub fn check(metadata: &Metadata) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &metadata.packages {
        let place = format!("crate {}", package.name);
        match ROOMS.iter().find(|room| room.name == package.name) {
            None => {
                let words = "is a new room: give it a line in xtask/src/layers/rooms.rs, and a reason to change";
                findings.push(Finding::new(place, words));
            }
            Some(room) => {
                let wrong = package.dependencies.iter().filter_map(|dependency| through_a_wall(metadata, room, dependency));
                findings.extend(wrong.map(|words| Finding::new(place.clone(), words)));
            }
        }
        findings.extend(package.dependencies.iter().filter_map(|dependency| through_the_wrong_door(package, dependency)));
    }
    findings
}

fn through_a_wall(metadata: &Metadata, room: &Room, dependency: &Dependency) -> Option<String> {
    if !metadata.packages.iter().any(|package| package.name == dependency.name) {
        return None;
    }
    let name = dependency.name.as_str();
    let for_tests = dependency.is_for_tests() && room.tests_use.contains(&name);
    if room.uses.contains(&name) || for_tests || name == room.name {
        return None;
    }
    let allowed = if room.uses.is_empty() { "nothing of ours".to_owned() } else { room.uses.join(", ") };
    let kind = if dependency.is_for_tests() { " in its tests" } else { "" };
    Some(format!("uses `{name}`{kind}, which points the wrong way; it may use {allowed}. Move the line to the room that its reason names"))
}

fn through_the_wrong_door(package: &Package, dependency: &Dependency) -> Option<Finding> {
    let door = DOORS.iter().find(|door| door.library == dependency.name)?;
    if door.rooms.iter().any(|(room, _)| *room == package.name) {
        return None;
    }
    let (owner, reason) = door.rooms.first()?;
    let words = format!("asks for `{}`, which belongs to `{owner}` ({reason})", door.library);
    Some(Finding::new(format!("crate {}", package.name), words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(packages: &str) -> Vec<String> {
        let text = format!("{{\"packages\": {packages}, \"target_directory\": \"target\"}}");
        check(&serde_json::from_str(&text).unwrap()).into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn an_edge_upwards_is_found_and_one_downwards_is_not() {
        let found = words(
            r#"[
                {"name": "model", "dependencies": [{"name": "store", "kind": null}]},
                {"name": "store", "dependencies": [{"name": "model", "kind": null}, {"name": "serde", "kind": null}]}
            ]"#,
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("crate model: uses `store`, which points the wrong way"), "{found:?}");
    }

    #[test]
    fn the_sandbox_is_for_tests_alone() {
        let with = |kind: &str| {
            words(&format!(
                r#"[{{"name": "sandbox", "dependencies": []}}, {{"name": "sync", "dependencies": [{{"name": "sandbox", "kind": {kind}}}]}}]"#
            ))
        };
        assert_eq!(with("\"dev\""), Vec::<String>::new());
        assert_eq!(with("null").len(), 1);
        assert_eq!(with("\"build\"").len(), 1);
    }

    #[test]
    fn a_door_opens_for_its_rooms_alone_also_in_tests() {
        let found = words(
            r#"[
                {"name": "store", "dependencies": [{"name": "sqlx", "kind": null}]},
                {"name": "sync", "dependencies": [{"name": "sqlx", "kind": "dev"}]}
            ]"#,
        );
        assert_eq!(found, ["crate sync: asks for `sqlx`, which belongs to `store` (every line of SQL)"]);
    }

    #[test]
    fn a_crate_without_a_line_in_the_table_is_found() {
        let found = words(r#"[{"name": "common", "dependencies": []}]"#);
        assert!(found[0].contains("is a new room"), "{found:?}");
    }

    #[test]
    fn the_table_itself_points_down_only() {
        for (at, room) in ROOMS.iter().enumerate() {
            let below: Vec<&str> = ROOMS[..at].iter().map(|lower| lower.name).collect();
            assert!(room.uses.iter().all(|used| below.contains(used)), "{} uses something that stands above it in the table", room.name);
        }
    }
}
