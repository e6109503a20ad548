using Lateen.Inspection.ProxyConfig;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Inspection;

public sealed class ProxyConfigTableTests
{
    private const string Dump = """
        {"configs": [
          {"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump",
           "static_clusters": [{"cluster": {"name": "agent", "type": "STATIC"}}],
           "dynamic_active_clusters": [
             {"cluster": {"name": "outbound|80|v1|canary.canary.svc.cluster.local", "type": "EDS",
               "metadata": {"filter_metadata": {"istio": {"config": "/apis/networking.istio.io/v1alpha3/namespaces/canary/destination-rule/canary"}}}}},
             {"cluster": {"name": "inbound|80||", "type": "ORIGINAL_DST"}}]},
          {"@type": "type.googleapis.com/envoy.admin.v3.ListenersConfigDump",
           "dynamic_listeners": [
             {"name": "0.0.0.0_80", "active_state": {"listener": {"name": "0.0.0.0_80",
               "address": {"socket_address": {"address": "0.0.0.0", "port_value": 80}},
               "filter_chains": [{"filter_chain_match": {"transport_protocol": "raw_buffer", "application_protocols": ["http/1.1", "h2c"]},
                 "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": {"rds": {"route_config_name": "80"}}}]}],
               "default_filter_chain": {"filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": {"cluster": "PassthroughCluster"}}]}}}},
             {"name": "virtualOutbound", "active_state": {"listener": {"name": "virtualOutbound",
               "address": {"socketAddress": {"address": "0.0.0.0", "portValue": 15001}},
               "filterChains": [{"filterChainMatch": {"destinationPort": 15001},
                 "filters": [{"name": "envoy.filters.network.tcp_proxy", "typedConfig": {"cluster": "BlackHoleCluster"}}]}]}}}]},
          {"@type": "type.googleapis.com/envoy.admin.v3.RoutesConfigDump",
           "dynamic_route_configs": [{"route_config": {"name": "80", "virtual_hosts": [
             {"name": "canary.canary.svc.cluster.local:80",
              "domains": ["canary.canary.svc.cluster.local", "canary", "canary:80", "canary.canary.svc", "canary.canary", "10.96.0.7"],
              "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "outbound|80|v1|canary.canary.svc.cluster.local"},
                "metadata": {"filter_metadata": {"istio": {"config": "/apis/networking.istio.io/v1alpha3/namespaces/canary/virtual-service/canary"}}}}]},
             {"name": "allow_any", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "PassthroughCluster"}}]}]}}]}
        ]}
        """;

    private static readonly ConfigDump Parsed = ConfigDump.Parse(Dump);

    [Fact]
    public void ClusterTable_OutboundSubset_ShowsPartsAndDestinationRule() =>
        Rows(ClusterTable.Render(Parsed, new ClusterFilter())).ShouldBe(
        [
            "SERVICE FQDN|PORT|SUBSET|DIRECTION|TYPE|DESTINATION RULE",
            "|80|-|inbound|ORIGINAL_DST|",
            "agent|-|-|-|STATIC|",
            "canary.canary.svc.cluster.local|80|v1|outbound|EDS|canary.canary",
        ]);

    [Fact]
    public void ListenerTable_HttpAndPassthroughChains_ShowsMatchAndDestination() =>
        ListenerTable.Render(Parsed, new ListenerFilter()).ShouldBe(
            "ADDRESSES PORT  MATCH                                DESTINATION\n"
            + "0.0.0.0   80    Trans: raw_buffer; App: http/1.1,h2c Route: 80\n"
            + "0.0.0.0   80    ALL                                  PassthroughCluster\n"
            + "0.0.0.0   15001 Addr: *:15001                        Non-HTTP/Non-TCP\n");

    [Fact]
    public void RouteTable_VirtualHost_ShortensDomainsAndLeavesPassthroughOut() =>
        Rows(RouteTable.Render(Parsed, null)).ShouldBe(
        [
            "NAME|VHOST NAME|DOMAINS|MATCH|VIRTUAL SERVICE",
            "80|canary.canary.svc.cluster.local:80|canary, canary.canary + 1 more...|/*|canary.canary",
        ]);

    [Fact]
    public void ClusterTable_JsonOutput_IsCamelCaseAndKeepsMapKeys()
    {
        string json = ClusterTable.RenderJson(Parsed, new ClusterFilter(Subset: "v1"));
        json.ShouldContain("\"filterMetadata\"");
        json.ShouldContain("destination-rule/canary");
        json.ShouldNotContain("inbound|80||");
    }

    [Fact]
    public void Parse_NoSection_NamesTheMissingType() =>
        Should.Throw<InvalidDataException>(() => ConfigDump.Parse("{}").Clusters())
            .Message.ShouldBe("config dump has no configuration type type.googleapis.com/envoy.admin.v3.ClustersConfigDump");

    [Fact]
    public void EndpointTable_EjectedHost_ShowsFailed() =>
        EndpointTable.Render(
            """
            {"cluster_statuses": [{"name": "outbound|80||a", "host_statuses": [
              {"address": {"socket_address": {"address": "10.244.0.6", "port_value": 80}}, "health_status": {"eds_health_status": "HEALTHY", "failed_outlier_check": true}}]}]}
            """,
            new EndpointFilter()).ShouldBe(
            "ENDPOINT          STATUS      OUTLIER CHECK     CLUSTER\n"
            + "10.244.0.6:80     HEALTHY     FAILED            outbound|80||a\n");

    /// <summary>The rows with a bar in place of the padding between two columns, found by where the header's columns start.</summary>
    private static string[] Rows(string table)
    {
        string[] lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int[] starts = [0, .. Enumerable.Range(2, lines[0].Length - 2).Where(i => lines[0][i] != ' ' && lines[0][i - 1] == ' ' && lines[0][i - 2] == ' '), lines.Max(l => l.Length)];
        return [.. lines.Select(l => string.Join('|', starts[..^1].Zip(starts[1..], (from, to) => l[from..Math.Min(to, l.Length)].TrimEnd())))];
    }
}
