from whyreset.ingest.source_name import source_of_path, source_told

HEX = "0123456789abcdef" * 4


def test_names_of_files():
    source = source_of_path(f"/logs/api-7c9d8b5f64-x2x4z_shop_api-v2-{HEX}.log")
    assert source[1:6] == ("shop", "api", "api-7c9d8b5f64-x2x4z", "api-v2", None)
    source = source_of_path("/var/log/pods/shop_db-0_1f0c-22/postgres/0.log.20261122-100000.gz")
    assert source[1:6] == ("shop", "db", "db-0", "postgres", None)
    assert source_of_path("/tmp/app.log")[1:6] == (None,) * 5


def test_a_log_that_is_called_like_its_pod():
    for name in ("api-7c9d8b5f64-x2x4z.log", "api-7c9d8b5f64-x2x4z.txt.gz"):
        source = source_of_path(f"/tmp/logs/../{name}")
        assert source.name == f"/tmp/{name}"
        assert source[1:6] == (None, "api", "api-7c9d8b5f64-x2x4z", None, None)
    for name in ("error-log-2026.log", "app-1.log", "node-exporter-x2x4z.log"):
        assert source_of_path(f"/tmp/{name}").pod is None


def test_a_file_that_a_log_tells_of_is_named_as_it_is_told():
    """Its names must not depend on the folder in which somebody reads the log."""
    assert source_told("app.log").name == "app.log"
    assert source_told("../logs/app.log").name == "../logs/app.log"
    assert source_told(f"api-0_shop_api-{HEX}.log") == source_of_path(f"api-0_shop_api-{HEX}.log")
