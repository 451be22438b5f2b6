//! Where a mailbox is, for who knows its address.

use super::{MANAGER, harness};

#[tokio::test]
async fn the_address_is_told_to_anybody_who_names_mailbox_and_protocol() {
    let harness = harness();
    let ask = async |mailbox: &str, query: &str| harness.get(&format!("/autodiscover/autodiscover.json/v1.0/{mailbox}{query}"), "").await;
    assert_eq!(ask(MANAGER, "?Protocol=EWS").await.good()["Url"], "https://mail.demo.example/EWS/Exchange.asmx");
    for (mailbox, query, status, code) in [
        (MANAGER, "", 400, "MandatoryParameterMissing"),
        (MANAGER, "?Protocol=IMAP", 400, "InvalidProtocol"),
        ("nobody@demo.example", "?Protocol=EWS", 404, "UserNotFound"),
    ] {
        let got = ask(mailbox, query).await;
        assert_eq!((got.status.as_u16(), got.json()["ErrorCode"].as_str().unwrap()), (status, code));
    }
}
