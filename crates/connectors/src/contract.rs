//! The contract suite, run for every connector. One test fails when a connector of `all()` is not among them.

use std::collections::BTreeSet;

/// Runs the suite of `connector_kit::contract` for these connectors: each folder's `contract::stand`.
macro_rules! held_to_the_contract {
    ($($tool:ident),+ $(,)?) => {
        const HELD: &[&str] = &[$(stringify!($tool)),+];

        $(mod $tool {
            use connector_kit::contract::suite;

            use crate::$tool::contract::stand;

            held_to_the_contract!(@tests
                a_sign_in_is_held_to_what_it_asked_for,
                f24_f25_f28_f33_f34_failures_have_their_kinds,
                f29_what_was_not_granted_is_forbidden,
                f31_tokens_are_renewed_until_the_sign_in_is_taken_back,
                f38_f40_reading_ends_resumes_and_tells_each_thing_once,
                f03_f04_f32_writing_again_is_one_effect,
                f50_f51_b13_a_webhook_proves_its_sender,
            );

            #[tokio::test]
            async fn every_flow_of_the_manifest_is_on_the_stand() {
                let stand = stand().await;
                assert_eq!(stand.bench.connector.manifest().id.replace('-', "_"), stringify!($tool));
                suite::every_flow_of_the_manifest_is_on_the_stand(stand);
            }
        })+
    };
    (@tests $($test:ident),+ $(,)?) => {
        $(#[tokio::test]
        async fn $test() {
            suite::$test(stand().await).await;
        })+
    };
}

held_to_the_contract!(asana, exchange, google_calendar, hubspot, linear, slack, talkdesk, zoom);

#[test]
fn every_connector_is_held_to_the_contract() {
    let listed: Vec<String> = crate::all().iter().map(|connector| connector.manifest().id.replace('-', "_")).collect();
    let held: BTreeSet<&str> = HELD.iter().copied().collect();
    assert_eq!(listed.iter().map(String::as_str).collect::<BTreeSet<_>>(), held, "add the new tool to the list in this file");
}
