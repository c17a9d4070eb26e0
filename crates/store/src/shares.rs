//! Shares: of what all tenants use together, one tenant has so much at most, so that the others are served (ADR 37).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// How many of something each tenant has at once.
#[derive(Debug)]
pub struct Shares {
    most: usize,
    /// Those who have some, or wait for one.
    tenants: Mutex<HashMap<Uuid, Arc<Semaphore>>>,
}

/// One of what a tenant has. It is given back when this is dropped.
#[derive(Debug)]
pub struct Share {
    shares: Arc<Shares>,
    tenant: Uuid,
    /// None while it is waited for.
    permit: Option<OwnedSemaphorePermit>,
}

impl Shares {
    /// So many for each tenant, and always one.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most: most.max(1), tenants: Mutex::default() })
    }

    /// Waits for one, behind others of the same tenant. The service itself has no share, and does not wait.
    pub async fn wait(self: &Arc<Self>, tenant: Option<Uuid>) -> Option<Share> {
        let (mut share, of_tenant) = self.begin(tenant?);
        share.permit = of_tenant.acquire_owned().await.ok();
        Some(share)
    }

    /// One, if the tenant has not all of its share yet.
    pub fn take(self: &Arc<Self>, tenant: Uuid) -> Option<Share> {
        let (mut share, of_tenant) = self.begin(tenant);
        share.permit = of_tenant.try_acquire_owned().ok();
        share.permit.is_some().then_some(share)
    }

    fn begin(self: &Arc<Self>, tenant: Uuid) -> (Share, Arc<Semaphore>) {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let of_tenant = tenants.entry(tenant).or_insert_with(|| Arc::new(Semaphore::new(self.most))).clone();
        (Share { shares: self.clone(), tenant, permit: None }, of_tenant)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.permit = None;
        let mut tenants = self.shares.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        // Who has nothing is forgotten: permits, and those who wait, keep it in memory too.
        if tenants.get(&self.tenant).is_some_and(|of_tenant| Arc::strong_count(of_tenant) == 1) {
            tenants.remove(&self.tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;

    const OURS: Option<Uuid> = Some(Uuid::from_u128(1));
    const THEIRS: Uuid = Uuid::from_u128(2);

    #[tokio::test]
    async fn a_tenant_waits_for_its_own_share_and_for_no_other() {
        let shares = Shares::new(2);
        let first = shares.wait(OURS).await;
        let second = shares.wait(OURS).await;
        assert!(first.is_some() && second.is_some() && shares.take(THEIRS).is_some());
        assert!(shares.wait(None).await.is_none(), "the service itself does not wait");
        assert!(shares.take(Uuid::from_u128(1)).is_none());
        let mut third = Box::pin(shares.wait(OURS));
        assert!(poll!(&mut third).is_pending());
        drop(first);
        let third = third.await;
        assert!(third.is_some());
        drop((second, third));
        assert!(shares.tenants.lock().unwrap().is_empty(), "who has nothing is forgotten");
    }

    #[tokio::test]
    async fn who_gives_up_leaves_nothing_behind() {
        let shares = Shares::new(0);
        let only = shares.wait(OURS).await;
        assert!(poll!(Box::pin(shares.wait(OURS))).is_pending());
        drop(only);
        assert!(shares.tenants.lock().unwrap().is_empty());
    }
}
