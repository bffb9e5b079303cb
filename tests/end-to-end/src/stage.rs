//! A stage: an EC2 of its own, a proxy that writes down what the functions ask of it, and the functions.

use crate::{Error, Function, Moto, Proxy, World};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long a function may take here; on Lambda it has minutes.
const TIMEOUT: Duration = Duration::from_secs(20);

/// An EC2 of its own within a moto server.
#[derive(Debug)]
pub struct Stage {
    /// The world that the functions are to look after.
    pub world: World,
    /// What stands between the functions and that world.
    pub proxy: Proxy,
    // The world's own way to EC2. It is apart, since what the world does is not to be counted.
    _entrance: Proxy,
}

impl Stage {
    /// Sets the stage in an account that no other stage of this process uses.
    pub async fn set(moto: &Moto) -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(100_000_000_000);
        let account = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
        let (proxy, entrance) = (Proxy::start(moto, &account).await?, Proxy::start(moto, &account).await?);
        Ok(Self { world: World::at(&entrance.url()), proxy, _entrance: entrance })
    }

    /// Starts a function with the settings of a deployment that chose none.
    pub async fn function(&self, name: &str) -> Result<Function, Error> {
        self.function_with(name, &[]).await
    }

    /// Starts a function with settings.
    pub async fn function_with(&self, name: &str, settings: &[(&str, &str)]) -> Result<Function, Error> {
        let own = self.environment();
        let mut environment: Vec<_> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        environment.extend_from_slice(settings);
        Function::start(name, TIMEOUT, &environment).await
    }

    /// What a function needs to know to reach this stage's EC2.
    pub(crate) fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", crate::world::REGION.to_owned()),
            ("AWS_ENDPOINT_URL_EC2", self.proxy.url()),
            ("AWS_ENDPOINT_URL_AUTO_SCALING", self.proxy.url()),
        ]
    }
}
