using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;
using Xunit;

namespace Lateen.Tests.Inspection;

/// <summary>The sections of a dump that `proxy-config secret`, `ecds`, `eds`, `bootstrap` and `log` read.</summary>
public sealed class ProxyDumpTests
{
    private const string Admin = "type.googleapis.com/envoy.admin.v3.";
    private static readonly DateTimeOffset Now = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Secret_TellsKindStateAndValidity()
    {
        string table = SecretTable.Render(Dump(new JsonObject
        {
            ["@type"] = Admin + "SecretsConfigDump",
            ["dynamic_active_secrets"] = new JsonArray(
                Secret("default", "tls_certificate", "certificate_chain", Certificate(isAuthority: false, Now.AddDays(-2), Now.AddDays(-1))),
                Secret("ROOTCA", "validation_context", "trusted_ca", Certificate(isAuthority: true, Now.AddDays(-2), Now.AddDays(2)))),
            ["dynamic_warming_secrets"] = new JsonArray(new JsonObject { ["name"] = "late" }),
        }), Now);

        string[] lines = table.Split('\n');
        Assert.Matches("^late +WARMING +false *$", lines[1]);
        Assert.Matches("^default +Cert Chain +ACTIVE +false +[0-9a-f]+ +2023-12-31T00:00:00Z +2023-12-30T00:00:00Z$", lines[2]);
        Assert.Matches("^ROOTCA +CA +ACTIVE +true ", lines[3]);
    }

    [Fact]
    public void Secret_SectionMissing_SaysSo()
    {
        var error = Assert.Throws<InvalidDataException>(() => SecretTable.RenderJson(Dump()));
        Assert.StartsWith("sidecar doesn't support secrets: config dump has no configuration type", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bootstrap_Json_KeepsTheNamesOfMetadata()
    {
        ConfigDump dump = Dump(new JsonObject
        {
            ["@type"] = Admin + "BootstrapConfigDump",
            ["bootstrap"] = new JsonObject
            {
                ["node"] = new JsonObject
                {
                    ["user_agent_name"] = "x", ["metadata"] = new JsonObject { ["ISTIO_VERSION"] = "1.19.3", ["ISTIO_PROXY_SHA"] = "istio-proxy:abc" },
                },
            },
        });

        Assert.Equal("1.19.3", (string?)JsonNode.Parse(BootstrapTable.RenderJson(dump))!["bootstrap"]!["node"]!["metadata"]!["ISTIO_VERSION"]);
        Assert.Equal("Istio Version:       1.19.3\nIstio Proxy Version: abc\n", BootstrapTable.Render(dump));
    }

    [Fact]
    public void Assignments_AreFilteredByAddressWithPort()
    {
        ConfigDump dump = Dump(new JsonObject
        {
            ["@type"] = Admin + "EndpointsConfigDump",
            ["dynamic_endpoint_configs"] = new JsonArray(
                Assignment("outbound|80||web.default.svc.cluster.local", "10.0.0.1", 8080), Assignment("outbound|80||api.default.svc.cluster.local", "10.0.0.2", 8080)),
        });

        Assert.Equal(
            ["10.0.0.2:8080", "10.0.0.1:8080"],
            AssignmentTable.Render(dump, new EndpointFilter()).Split('\n')[1..^1].Select(line => line.Split(' ')[0]));
        Assert.Single(AssignmentTable.Render(dump, new EndpointFilter("10.0.0.1:8080")).Split('\n')[1..^1]);
        Assert.Empty(AssignmentTable.Render(dump, new EndpointFilter("10.0.0.1")).Split('\n')[1..^1]);
        Assert.Single((JsonArray)JsonNode.Parse(AssignmentTable.RenderJson(dump, new EndpointFilter(Cluster: "OUTBOUND|80||web.default.svc.cluster.local")))!);
    }

    [Fact]
    public void Whole_PartMissing_ShowsThoseBeforeIt()
    {
        ConfigDump dump = Dump(
            new JsonObject
            {
                ["@type"] = Admin + "ClustersConfigDump",
                ["static_clusters"] = new JsonArray(new JsonObject { ["cluster"] = new JsonObject { ["name"] = "agent", ["type"] = "STATIC" } }),
            });
        using var tables = WholeTable.Render(dump, new WholeFilter(new ClusterFilter(), new ListenerFilter(), null, new EndpointFilter(), true), Now).GetEnumerator();

        Assert.True(tables.MoveNext());
        Assert.Matches("^NAME +SERVICE FQDN .*\ncluster/agent +agent ", tables.Current);
        Assert.Throws<InvalidDataException>(() => tables.MoveNext());
    }

    [Theory]
    [InlineData("debug", "logging?level=debug")]
    [InlineData("http:warn,rbac=trace", "logging?http=warning logging?rbac=trace")]
    [InlineData("http:debug,error", "logging?level=error")]
    [InlineData("proxy::http:debug", "logging?http=debug")]
    [InlineData("", "")]
    public void LogLevels_BecomeRequests(string levels, string requests) =>
        Assert.Equal(requests, string.Join(' ', LogLevels.Requests(levels, "active loggers:\n  http: info\n  rbac: info\n")));

    [Theory]
    [InlineData("xxx", "unrecognized logging level: xxx")]
    [InlineData("xxx:debug", "unrecognized logger name: xxx")]
    [InlineData("http:loud", "unrecognized logging level: loud")]
    public void LogLevels_ThatNobodyKnows_AreRefused(string levels, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidDataException>(() => LogLevels.Requests(levels, "active loggers:\n  http: info\n")).Message);

    private static ConfigDump Dump(params JsonNode[] sections) => ConfigDump.Parse(new JsonObject { ["configs"] = new JsonArray(sections) }.ToJsonString());

    private static JsonObject Secret(string name, string kind, string field, string pem) => new()
    {
        ["name"] = name,
        ["secret"] = new JsonObject
        {
            ["name"] = name, [kind] = new JsonObject { [field] = new JsonObject { ["inline_bytes"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(pem)) } },
        },
    };

    private static JsonObject Assignment(string cluster, string address, int port) => new()
    {
        ["endpoint_config"] = new JsonObject
        {
            ["cluster_name"] = cluster,
            ["endpoints"] = new JsonArray(new JsonObject
            {
                ["lb_endpoints"] = new JsonArray(new JsonObject
                {
                    ["health_status"] = "HEALTHY",
                    ["endpoint"] = new JsonObject
                    {
                        ["address"] = new JsonObject { ["socket_address"] = new JsonObject { ["address"] = address, ["port_value"] = port } },
                    },
                }),
            }),
        },
    };

    private static string Certificate(bool isAuthority, DateTimeOffset from, DateTimeOffset until)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        using X509Certificate2 certificate = request.CreateSelfSigned(from, until);
        return certificate.ExportCertificatePem();
    }
}
