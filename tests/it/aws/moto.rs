//! moto, which serves S3, SQS and SNS, and is a second opinion on IAM, STS and Organizations.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// How long moto may take to start on a busy machine.
const START: Duration = Duration::from_mins(2);

/// A running `moto_server`; it ends when this is dropped.
pub struct Moto {
    child: Child,
    port: u16,
}

/// Starts the server and beside it a watch that ends it when our end of the pipe is closed, however we ended: a static
/// is never dropped.
const SCRIPT: &str = r#"
exec 3<&0
(cat <&3 >&2; kill $$) 2>/dev/null &
exec moto_server "$@" 3<&- </dev/null
"#;

static SHARED: LazyLock<Moto> = LazyLock::new(Moto::start);

impl Moto {
    /// One server for all tests of the process: every test has buckets and queues of its own names.
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// A server of its own.
    pub fn start() -> Self {
        let port = free_port();
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh", "-H", "127.0.0.1", "-p", &port.to_string()]);
        command.env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("sh starts");
        let mut moto = Self { child, port };
        moto.wait();
        moto
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + START;
        while !self.answers() {
            let ended = self.child.try_wait().expect("a child can be asked");
            assert!(
                ended.is_none(),
                "moto_server must be there: python3 -m pip install 'moto[server]' boto3 (see .ci/run); {ended:?}"
            );
            assert!(Instant::now() < deadline, "moto_server did not answer within {} s", START.as_secs());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
        let asked = stream.write_all(b"GET /moto-api/data.json HTTP/1.0\r\nHost: localhost\r\n\r\n");
        let mut answer = [0; 12];
        asked.is_ok() && stream.read_exact(&mut answer).is_ok() && answer.ends_with(b"200")
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // Closes the pipe, upon which the watch ends the server.
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a listener has an address").port()
}
