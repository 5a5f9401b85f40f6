//! Looks up the addresses of a host when a connection is opened.
//!
//! ureq looks them up for every request, even if it then uses a connection that is open already. Each lookup starts a
//! thread, and most ask a name server. For small pages of the same machine, the thread took two thirds of the CPU of ureq.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use ureq::{
    Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{ResolvedSocketAddrs, Resolver},
        transport::{ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport},
    },
};

/// Opens connections, after it has looked up where to.
#[derive(Debug)]
pub(super) struct Lookup<R> {
    resolver: R,
    connector: DefaultConnector,
}

/// The resolver of an agent whose connector is [`Lookup`].
#[derive(Debug)]
pub(super) struct Later;

/// The address that stands for those of a host until they are looked up. Nothing listens there.
const LATER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

impl Resolver for Later {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut addresses = self.empty();
        addresses.push(LATER);
        Ok(addresses)
    }
}

impl<R> Lookup<R> {
    /// Looks up addresses with `resolver`.
    pub(super) fn with(resolver: R) -> Self {
        Self { resolver, connector: DefaultConnector::default() }
    }
}

impl<R: Resolver> Connector for Lookup<R> {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Self::Out>, Error> {
        // There are no addresses if a proxy looks them up.
        let addrs = if details.addrs.contains(&LATER) {
            self.resolver.resolve(details.uri, details.config, details.timeout)?
        } else {
            details.addrs.clone()
        };
        let details = ConnectionDetails {
            addrs,
            // The connector looks up proxies itself.
            resolver: &self.resolver,
            uri: details.uri,
            config: details.config,
            request_level: details.request_level,
            now: details.now,
            timeout: details.timeout,
            current_time: Arc::clone(&details.current_time),
            run_connector: Arc::clone(&details.run_connector),
            register_shutdown: Arc::clone(&details.register_shutdown),
        };
        self.connector.connect(&details, None)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Write},
        net::TcpListener,
        sync::atomic::{AtomicUsize, Ordering},
        thread,
    };

    use ureq::{Agent, Proxy};

    use super::*;

    /// Finds every host at one address, and counts how often it is asked.
    #[derive(Debug)]
    struct Counting(SocketAddr, Arc<AtomicUsize>);

    impl Resolver for Counting {
        fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
            self.1.fetch_add(1, Ordering::Relaxed);
            let mut addresses = self.empty();
            addresses.push(self.0);
            Ok(addresses)
        }
    }

    /// A server that closes each connection after two answers, and says so. It takes a tunnel for a request, too.
    fn server() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                for fields in ["", "connection: close\r\n"] {
                    let first = lines.next().unwrap_or_default();
                    if lines.by_ref().take_while(|line| !line.is_empty()).count() == 0 {
                        break;
                    }
                    let length = if first.starts_with("CONNECT") { "" } else { "content-length: 0\r\n" };
                    write!(stream, "HTTP/1.1 200 OK\r\n{length}{fields}\r\n").unwrap();
                }
            }
        });
        address
    }

    /// The number of lookups for this many requests.
    fn lookups(requests: usize, proxy: Option<Proxy>) -> usize {
        let count = Arc::new(AtomicUsize::new(0));
        let connector = Lookup::with(Counting(server(), Arc::clone(&count)));
        let config = Agent::config_builder().proxy(proxy).build();
        let agent = Agent::with_parts(config, connector, Later);
        for _ in 0..requests {
            agent.get("http://api.example/").call().unwrap().into_body().read_to_string().unwrap();
        }
        count.load(Ordering::Relaxed)
    }

    #[test]
    fn a_host_is_looked_up_once_a_connection() {
        assert_eq!([1, 2, 3, 4, 5].map(|requests| lookups(requests, None)), [1, 1, 2, 2, 3]);
    }

    #[test]
    fn only_the_proxy_is_looked_up() {
        assert_eq!(lookups(1, Some(Proxy::new("http://proxy.example:3128").unwrap())), 1);
    }
}
