//! Blocks: their order, their depth, their limits.

use serde_json::{Value, json};

use super::{call, get, harness, page, refused, sign_in, title};

fn paragraph(text: &str) -> Value {
    json!({ "type": "paragraph", "paragraph": { "rich_text": [{ "type": "text", "text": { "content": text } }] } })
}

fn item(children: &Value) -> Value {
    json!({ "type": "bulleted_list_item", "bulleted_list_item": { "rich_text": [], "children": children } })
}

fn texts(list: &Value) -> Vec<String> {
    let text = |block: &Value| {
        let kind = block["type"].as_str().unwrap();
        block[kind]["rich_text"][0]["plain_text"].as_str().unwrap_or_default().to_owned()
    };
    list["results"].as_array().unwrap().iter().map(text).collect()
}

#[tokio::test]
async fn blocks_stand_in_their_order_and_go_with_all_below_them() {
    let harness = harness();
    let token = sign_in(&harness).await;
    let box_ = json!({ "callout": { "rich_text": [], "icon": { "type": "emoji", "emoji": "📝" }, "children": [paragraph("in")] } });
    let made = page(&harness, &token, json!({ "Name": title("Page") }), json!([paragraph("one"), box_])).await.good();
    let below = format!("/blocks/{}/children", made["id"].as_str().unwrap());
    let first = get(&harness, &token, &below).await.good();
    let (one, own) = (first["results"][0]["id"].clone(), first["results"][1].clone());
    assert_eq!((&own["type"], &own["has_children"]), (&json!("callout"), &json!(true)));
    let between = json!({ "children": [paragraph("two"), paragraph("three")], "after": one });
    let added = call(&harness, &token, "PATCH", &below, Some(&between)).await.good();
    assert_eq!(texts(&added), ["two", "three"], "the answer tells what was added");
    call(&harness, &token, "PATCH", &below, Some(&json!({ "children": [paragraph("last")] }))).await.good();
    assert_eq!(texts(&get(&harness, &token, &below).await.good()), ["one", "two", "three", "", "last"]);
    let own = own["id"].as_str().unwrap();
    let inner = get(&harness, &token, &format!("/blocks/{own}/children")).await.good();
    let gone = call(&harness, &token, "DELETE", &format!("/blocks/{own}"), None).await.good();
    assert_eq!(gone["in_trash"], true);
    for id in [own, inner["results"][0]["id"].as_str().unwrap()] {
        refused(&get(&harness, &token, &format!("/blocks/{id}")).await, 404, "object_not_found");
    }
    let elsewhere = json!({ "children": [paragraph("x")], "after": own });
    refused(&call(&harness, &token, "PATCH", &below, Some(&elsewhere)).await, 400, "validation_error");
    harness.assert_answers_fit();
}

#[tokio::test]
async fn f38_children_have_pages_that_end() {
    let harness = harness();
    let token = sign_in(&harness).await;
    let made = page(&harness, &token, json!({ "Name": title("Long") }), json!(vec![paragraph("x"); 100])).await.good();
    let below = format!("/blocks/{}/children", made["id"].as_str().unwrap());
    call(&harness, &token, "PATCH", &below, Some(&json!({ "children": vec![paragraph("y"); 20] }))).await.good();
    let first = get(&harness, &token, &below).await.good();
    assert_eq!((first["results"].as_array().unwrap().len(), &first["has_more"]), (100, &json!(true)));
    let next = format!("{below}?start_cursor={}", first["next_cursor"].as_str().unwrap());
    let second = get(&harness, &token, &next).await.good();
    assert_eq!(
        (second["results"].as_array().unwrap().len(), &second["has_more"], &second["next_cursor"]),
        (20, &json!(false), &Value::Null)
    );
    refused(&get(&harness, &token, &format!("{below}?start_cursor=abc")).await, 400, "validation_error");
    refused(&get(&harness, &token, &format!("{below}?page_size=101")).await, 400, "validation_error");
    harness.assert_answers_fit();
}

#[tokio::test]
async fn too_many_too_deep_and_too_long_are_refused() {
    let harness = harness();
    let token = sign_in(&harness).await;
    let link = json!({ "paragraph": { "rich_text": [{ "text": { "content": "x", "link": { "url": "javascript:alert(1)" } } }] } });
    for bad in [
        json!(vec![paragraph("x"); 101]),
        json!(vec![item(&json!(vec![paragraph("x"); 100])); 11]),
        json!([item(&json!([item(&json!([item(&json!([paragraph("x")]))]))]))]),
        json!([paragraph(&"é".repeat(2_001))]),
        json!([paragraph(&"😀".repeat(1_001))]),
        json!([{ "paragraph": { "rich_text": vec![json!({ "text": { "content": "x" } }); 101] } }]),
        json!([link]),
        json!([{ "video": {} }]),
    ] {
        refused(&page(&harness, &token, json!({ "Name": title("x") }), bad).await, 400, "validation_error");
    }
    assert!(harness.effects().is_empty());
    let deep = json!([item(&json!([item(&json!([paragraph("x")]))])), paragraph(&"😀".repeat(1_000))]);
    page(&harness, &token, json!({ "Name": title("x") }), deep).await.good();
    let long = page(&harness, &token, json!({ "Name": title("x") }), json!(vec![paragraph(&"長".repeat(2_000)); 100])).await;
    refused(&long, 413, "validation_error");
    harness.assert_answers_fit();
}
