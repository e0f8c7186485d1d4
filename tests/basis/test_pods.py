import pytest

from whyreset.basis.pods import workload_of


@pytest.mark.parametrize(
    ("pod", "workload"),
    [
        ("api-7c9d8b5f64-x2x4z", "api"),
        ("my-api-v2-7c9d8b5f64-x2x4z", "my-api-v2"),
        ("ledger-db-0", "ledger-db"),
        ("node-agent-x2x4z", "node-agent"),
        ("backup-29384756-x2x4z", "backup"),
        ("backup-29384756", "backup"),
        ("standalone", "standalone"),
        ("web-admin", "web-admin"),  # letters of a real word are no suffix
        ("etcd-cluster-alpha", "etcd-cluster-alpha"),
    ],
)
def test_workload_of(pod, workload):
    assert workload_of(pod) == workload
