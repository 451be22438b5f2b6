//! A small S3 on loopback for tests, from the vendor's description: objects, multipart uploads, and signatures (version 4), of
//! which a wrong one is refused. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The key that the emulated storage knows.
const KEY: (&str, &str) = ("AKIDEXAMPLE", "the-secret-of-the-tests");
/// The smallest part but the last one.
const SMALLEST_PART: usize = 5 << 20;

/// A running storage; ends with the test.
pub(super) struct EmulatedS3 {
    state: Arc<Mutex<State>>,
    url: String,
    _serving: JoinSet<()>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    uploads: BTreeMap<String, Unfinished>,
    /// Method and target of every request that was signed well.
    requests: Vec<String>,
    made: u32,
    /// So many parts are still taken; then storing is refused.
    parts_left: Option<u32>,
}

struct Unfinished {
    key: String,
    parts: BTreeMap<u32, Vec<u8>>,
}

struct Asked {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

impl EmulatedS3 {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, Arc::clone(&state)));
        Self { state, url, _serving: serving }
    }

    /// What a hub is told to reach it.
    pub(super) fn settings(&self) -> Vec<(String, String)> {
        let pairs = [
            ("AWS_ENDPOINT_URL", self.url.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", KEY.0),
            ("AWS_SECRET_ACCESS_KEY", KEY.1),
            ("AWS_PROFILE", "not ours to know"),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    pub(super) fn objects(&self) -> Vec<String> {
        self.state.lock().unwrap().objects.keys().cloned().collect()
    }

    pub(super) fn unfinished(&self) -> usize {
        self.state.lock().unwrap().uploads.len()
    }

    /// Lengths of the parts that came by now and were not put together.
    pub(super) fn parts(&self) -> Vec<usize> {
        self.state.lock().unwrap().uploads.values().flat_map(|upload| upload.parts.values().map(Vec::len)).collect()
    }

    pub(super) fn requests(&self) -> usize {
        self.state.lock().unwrap().requests.len()
    }

    /// Refuses parts after so many more.
    pub(super) fn take_parts(&self, more: Option<u32>) {
        self.state.lock().unwrap().parts_left = more;
    }

    /// As the storage's owner lets it do after some days.
    pub(super) fn drop_unfinished(&self) {
        self.state.lock().unwrap().uploads.clear();
    }
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(converse(stream, Arc::clone(&state)));
    }
}

async fn converse(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut stream = BufReader::new(stream);
    while let Some(asked) = read(&mut stream).await {
        let (status, headers, body) =
            if is_signed(&asked) { answer(&mut state.lock().unwrap(), &asked) } else { refusal(403, "SignatureDoesNotMatch") };
        let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("HTTP/1.1 {status} X\r\n{length}{}\r\n", headers.concat());
        if stream.write_all(head.as_bytes()).await.is_err() || stream.write_all(&body).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: BTreeMap<String, String> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Asked { method, path: path.to_owned(), query: query.to_owned(), headers, body })
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Signature version 4: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
fn is_signed(asked: &Asked) -> bool {
    let Some(authorization) = asked.headers.get("authorization").and_then(|value| value.strip_prefix("AWS4-HMAC-SHA256 ")) else {
        return false;
    };
    let fields: BTreeMap<&str, &str> = authorization.split(',').filter_map(|pair| pair.trim().split_once('=')).collect();
    let (key, scope) = fields["Credential"].split_once('/').unwrap();
    let mut query: Vec<String> = asked
        .query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") })
        .collect();
    query.sort();
    let signed: Vec<String> = fields["SignedHeaders"].split(';').map(|name| format!("{name}:{}\n", asked.headers[name])).collect();
    let payload = &asked.headers["x-amz-content-sha256"];
    if payload != "UNSIGNED-PAYLOAD" && *payload != hex::encode(Sha256::digest(&asked.body)) {
        return false;
    }
    let canonical = [&asked.method, &asked.path, &query.join("&"), &signed.concat(), fields["SignedHeaders"], payload].join("\n");
    let digest = hex::encode(Sha256::digest(canonical));
    let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{digest}", asked.headers["x-amz-date"]);
    let secret = scope.split('/').fold(format!("AWS4{}", KEY.1).into_bytes(), |key, part| hmac(&key, part));
    key == KEY.0 && hex::encode(hmac(&secret, &text)) == fields["Signature"]
}

fn refusal(status: u16, code: &str) -> Answer {
    (
        status,
        vec![("content-type", "application/xml".to_owned())],
        format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>").into_bytes(),
    )
}

fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", &hex::encode(Sha256::digest(bytes))[..32])
}

fn answer(state: &mut State, asked: &Asked) -> Answer {
    state.requests.push(format!("{} {}?{}", asked.method, asked.path, asked.query));
    let query: BTreeMap<&str, &str> = asked.query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
    let key = asked.path.clone();
    match (asked.method.as_str(), query.get("uploadId"), query.contains_key("uploads")) {
        ("POST", None, true) => {
            state.made += 1;
            let id = format!("upload-{}", state.made);
            state.uploads.insert(id.clone(), Unfinished { key, parts: BTreeMap::new() });
            let told = format!("<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>");
            (200, Vec::new(), told.into_bytes())
        }
        ("PUT", Some(id), _) => put_part(state, id, query["partNumber"].parse().unwrap(), &asked.body),
        ("POST", Some(id), _) => complete(state, id, &String::from_utf8_lossy(&asked.body)),
        ("DELETE", Some(id), _) => match state.uploads.remove(*id) {
            Some(_) => (204, Vec::new(), Vec::new()),
            None => refusal(404, "NoSuchUpload"),
        },
        ("PUT", None, _) => {
            state.objects.insert(key, asked.body.clone());
            (200, vec![("etag", tag(&asked.body))], Vec::new())
        }
        ("GET", None, _) => match state.objects.get(&key) {
            Some(object) => {
                let headers = vec![("etag", tag(object)), ("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT".to_owned())];
                (200, headers, object.clone())
            }
            None => refusal(404, "NoSuchKey"),
        },
        ("DELETE", None, _) => {
            state.objects.remove(&key);
            (204, Vec::new(), Vec::new())
        }
        _ => refusal(405, "MethodNotAllowed"),
    }
}

fn put_part(state: &mut State, id: &str, number: u32, body: &[u8]) -> Answer {
    if let Some(left) = &mut state.parts_left {
        if *left == 0 {
            return refusal(403, "AccessDenied");
        }
        *left -= 1;
    }
    let Some(upload) = state.uploads.get_mut(id) else { return refusal(404, "NoSuchUpload") };
    upload.parts.insert(number, body.to_vec());
    (200, vec![("etag", tag(body))], Vec::new())
}

fn complete(state: &mut State, id: &str, wanted: &str) -> Answer {
    let Some(upload) = state.uploads.get(id) else { return refusal(404, "NoSuchUpload") };
    let mut whole = Vec::new();
    let parts: Vec<(u32, &Vec<u8>)> = upload.parts.iter().map(|(number, part)| (*number, part)).collect();
    if wanted.matches("<PartNumber>").count() != parts.len() {
        return refusal(400, "InvalidPart");
    }
    for (at, (number, part)) in parts.iter().enumerate() {
        let quoted = tag(part);
        let is_named = wanted.contains(&quoted) || wanted.contains(&quoted.replace('"', "&quot;"));
        if *number as usize != at + 1 || !is_named {
            return refusal(400, "InvalidPart");
        }
        if at + 1 < parts.len() && part.len() < SMALLEST_PART {
            return refusal(400, "EntityTooSmall");
        }
        whole.extend_from_slice(part);
    }
    let etag = tag(&whole);
    let key = upload.key.clone();
    state.objects.insert(key, whole);
    state.uploads.remove(id);
    let told = format!("<CompleteMultipartUploadResult><ETag>{}</ETag></CompleteMultipartUploadResult>", etag.replace('"', "&quot;"));
    (200, Vec::new(), told.into_bytes())
}
