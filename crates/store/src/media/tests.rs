//! Tests of the media store, in a folder and in object storage.

use futures::TryStreamExt;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use super::bucket::PART;
use super::emulated_s3::EmulatedS3;
use super::*;

const KEY: &str = "wsp_1/rec_1";

async fn in_a_folder() -> (MediaStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let media = MediaStore::open(&format!("file://{}", folder.path().display()), &[]).await.unwrap();
    (media, folder)
}

async fn in_a_bucket() -> (MediaStore, EmulatedS3) {
    let storage = EmulatedS3::start().await;
    let media = MediaStore::open("s3://bucket/hub/media", &storage.settings()).await.unwrap();
    (media, storage)
}

/// So many bytes, no two parts alike.
fn recording(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 31 + at / PART * 7) % 251).unwrap()).collect()
}

async fn whole(media: &MediaStore) -> Vec<u8> {
    let (pieces, length) = media.read(KEY).await.unwrap();
    let pieces: Vec<Bytes> = pieces.try_collect().await.unwrap();
    let bytes = pieces.concat();
    assert_eq!(bytes.len() as u64, length);
    bytes
}

/// Sends what is still missing, in pieces as a tool sends them.
async fn go_on(upload: &mut Upload, recording: &[u8], until: usize) -> Result<()> {
    let from = usize::try_from(upload.offset()).unwrap();
    for piece in recording[from..until].chunks(1_000_000) {
        upload.write(piece).await?;
    }
    Ok(())
}

#[tokio::test]
async fn f70_a_transfer_that_broke_goes_on_where_it_stopped_in_a_folder() {
    let (media, _folder) = in_a_folder().await;
    let recording = recording(3_000_000);
    for until in [1_500_000, 3_000_000] {
        let mut upload = media.begin(KEY).await.unwrap();
        go_on(&mut upload, &recording, until).await.unwrap();
        let Way::Folder(kept) = &mut upload.way else { unreachable!("it is a folder") };
        kept.file.flush().await.unwrap();
        assert!(media.read(KEY).await.is_err(), "half a file is no file");
    }
    let mut upload = media.begin(KEY).await.unwrap();
    assert_eq!(upload.offset(), 2_999_999, "even when all of it had arrived, there is a byte to ask for");
    go_on(&mut upload, &recording, recording.len()).await.unwrap();
    let taken = upload.finish().await.unwrap();
    assert_eq!((taken.bytes, taken.sha256), (3_000_000, hex::encode(Sha256::digest(&recording))));
    assert_eq!(whole(&media).await, recording);
}

#[tokio::test]
async fn f70_a_transfer_that_broke_goes_on_where_it_stopped_in_object_storage_in_any_process() {
    let (media, storage) = in_a_bucket().await;
    let recording = recording(2 * PART + 12_345);
    let mut upload = media.begin(KEY).await.unwrap();
    go_on(&mut upload, &recording, 2 * PART).await.unwrap();
    assert_eq!(storage.parts(), [PART], "a part that may be the last waits for what is behind it");
    drop(upload);
    assert!(media.read(KEY).await.is_err(), "half a file is no file");

    let other = MediaStore::open("s3://bucket/hub/media", &storage.settings()).await.unwrap();
    let mut upload = other.begin(KEY).await.unwrap();
    assert_eq!(upload.offset(), PART as u64);
    go_on(&mut upload, &recording, recording.len()).await.unwrap();
    let taken = upload.finish().await.unwrap();
    assert_eq!((taken.bytes, taken.sha256), (recording.len() as u64, hex::encode(Sha256::digest(&recording))));
    assert_eq!((storage.objects(), storage.unfinished()), (vec![format!("/bucket/hub/media/{KEY}")], 0), "the note went with the end");
    assert_eq!(whole(&media).await, recording);
}

#[tokio::test]
async fn a_file_of_one_byte_or_none_is_a_file_too() {
    let (media, storage) = in_a_bucket().await;
    for length in [0, 1, PART] {
        let recording = recording(length);
        let mut upload = media.begin(KEY).await.unwrap();
        go_on(&mut upload, &recording, length).await.unwrap();
        assert_eq!(upload.finish().await.unwrap().sha256, hex::encode(Sha256::digest(&recording)));
        assert_eq!(whole(&media).await, recording);
        assert_eq!((storage.objects().len(), storage.unfinished()), (1, 0));
    }
}

#[tokio::test]
async fn a_refused_part_ends_the_try_and_the_next_one_goes_on() {
    let (media, storage) = in_a_bucket().await;
    let recording = recording(2 * PART + 1);
    storage.take_parts(Some(1));
    let mut upload = media.begin(KEY).await.unwrap();
    let refused = go_on(&mut upload, &recording, recording.len()).await.unwrap_err();
    assert_eq!(refused.to_string(), "the media store failed: the object storage does not allow it; look at the key and its rights");
    storage.take_parts(None);
    let mut upload = media.begin(KEY).await.unwrap();
    assert_eq!(upload.offset(), PART as u64);
    go_on(&mut upload, &recording, recording.len()).await.unwrap();
    upload.finish().await.unwrap();
    assert_eq!(whole(&media).await, recording);
}

#[tokio::test]
async fn what_the_storage_dropped_is_begun_anew() {
    let (media, storage) = in_a_bucket().await;
    let recording = recording(2 * PART + 1);
    go_on(&mut media.begin(KEY).await.unwrap(), &recording, PART + 1).await.unwrap();
    storage.drop_unfinished();
    let mut upload = media.begin(KEY).await.unwrap();
    assert!(go_on(&mut upload, &recording, recording.len()).await.is_err(), "this try cannot end well");
    let mut upload = media.begin(KEY).await.unwrap();
    assert_eq!(upload.offset(), 0);
    go_on(&mut upload, &recording, recording.len()).await.unwrap();
    upload.finish().await.unwrap();
    assert_eq!(whole(&media).await, recording);
}

#[tokio::test]
async fn a_recording_that_is_too_long_leaves_nothing_behind() {
    let (media, folder) = in_a_folder().await;
    let mut upload = media.begin(KEY).await.unwrap();
    upload.largest = 10;
    upload.write(b"0123456789").await.unwrap();
    assert!(upload.write(b"0").await.unwrap_err().to_string().contains("longer than 4 GiB"));
    assert_eq!(std::fs::read_dir(folder.path().join("wsp_1")).unwrap().count(), 0);

    let (media, storage) = in_a_bucket().await;
    let mut upload = media.begin(KEY).await.unwrap();
    upload.largest = PART as u64 + 1;
    upload.write(&recording(PART + 1)).await.unwrap();
    assert_eq!((storage.objects().len(), storage.unfinished()), (1, 1), "the note and a part");
    assert!(upload.write(b"0").await.is_err());
    assert_eq!((storage.objects().len(), storage.unfinished()), (0, 0));
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_never_told() {
    let storage = EmulatedS3::start().await;
    let mut settings = storage.settings();
    settings.push(("AWS_SECRET_ACCESS_KEY".to_owned(), "a-mistyped-secret".to_owned()));
    let media = MediaStore::open("s3://bucket", &settings).await.unwrap();
    let Err(refused) = media.begin(KEY).await else { panic!("it was let in") };
    assert!(matches!(refused, Error::Media(_)), "{refused}");
    let told = format!("{refused} {refused:?} {media:?}");
    assert!(!told.contains("mistyped") && !told.contains("AKID"), "{told}");
    assert_eq!(storage.requests(), 0);
}

#[tokio::test]
async fn an_address_that_does_not_fit_is_refused_at_the_start() {
    for bad in ["media", "s3://", "s3:///prefix", "s3://bucket/a/../b", "gs://bucket"] {
        assert!(matches!(MediaStore::open(bad, &[]).await, Err(Error::Configuration(_))), "{bad}");
    }
    let settings = [("AWS_ALLOW_HTTP".to_owned(), "perhaps".to_owned())];
    assert!(matches!(MediaStore::open("s3://bucket", &settings).await, Err(Error::Configuration(_))));
}

#[tokio::test]
async fn b17_a_key_cannot_leave_its_place() {
    let ((folder, _kept), (bucket, storage)) = (in_a_folder().await, in_a_bucket().await);
    for bad in ["../x", "a/../../x", "/etc/passwd", "", "a//b", "a/b.part", "a/b.upload"] {
        for media in [&folder, &bucket] {
            assert!(media.begin(bad).await.is_err() && media.read(bad).await.is_err(), "{bad}");
        }
    }
    assert_eq!(storage.requests(), 0);
}
