use user_tenant_store::session::Committed;

fn forge() -> Committed<u64> {
    Committed(1)
}

fn main() {}
