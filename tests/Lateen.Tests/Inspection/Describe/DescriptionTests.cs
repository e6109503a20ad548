using System.Text.Json.Nodes;
using Lateen.Inspection.Describe;
using Lateen.Inspection.ProxyConfig;
using Lateen.Inspection.ProxyStatus;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Inspection.Describe;

/// <summary>The texts of `x describe`, as istioctl writes them (istioctl sheet, 6).</summary>
public sealed class DescriptionTests
{
    private const string Rule =
        """
        {"metadata":{"name":"reviews","namespace":"default"},
         "spec":{"host":"reviews","trafficPolicy":{"tls":{"mode":"ISTIO_MUTUAL"},"loadBalancer":{"simple":"RANDOM"}},
          "subsets":[{"name":"v1","labels":{"version":"v1"}},{"name":"v2","labels":{"version":"v2"}}]}}
        """;

    private const string Routes =
        """
        {"metadata":{"name":"reviews","namespace":"default"},
         "spec":{"hosts":["reviews"],"http":[
          {"match":[{"headers":{"end-user":{"exact":"jason"}},"uri":{"prefix":"/r"},"ignoreUriCase":true}],"route":[{"destination":{"host":"reviews","subset":"v1"},"weight":80},{"destination":{"host":"ratings"},"weight":20}]},
          {"route":[{"destination":{"host":"reviews","subset":"v2"}}]}]}}
        """;

    private const string Dump =
        """
        {"configs":[
         {"@type":"type.googleapis.com/envoy.admin.v3.ClustersConfigDump","dynamic_active_clusters":[{"cluster":{"name":"outbound|9080||reviews.default.svc.cluster.local",
          "metadata":{"filter_metadata":{"istio":{"config":"/apis/networking.istio.io/v1alpha3/namespaces/default/destination-rule/reviews"}}}}}]},
         {"@type":"type.googleapis.com/envoy.admin.v3.ListenersConfigDump","dynamic_listeners":[{"active_state":{"listener":{"name":"virtualInbound","filter_chains":[{"filters":[
          {"name":"envoy.filters.network.http_connection_manager","typed_config":{"http_filters":[{"name":"envoy.filters.http.rbac","typed_config":{"rules":{"policies":{"ns[default]-policy[readers]-rule[0]":{}}}}}]}}]}]}}}]},
         {"@type":"type.googleapis.com/envoy.admin.v3.RoutesConfigDump","dynamic_route_configs":[{"route_config":{"name":"9080","virtual_hosts":[{"name":"reviews.default.svc.cluster.local:9080",
          "domains":["reviews.default.svc.cluster.local"],"routes":[{"route":{"cluster":"x"},"metadata":{"filter_metadata":{"istio":{"config":"/apis/networking.istio.io/v1alpha3/namespaces/default/virtual-service/reviews"}}}}]}]}}]}]}
        """;

    private const string Service =
        """
        {"metadata":{"name":"reviews","namespace":"default"},"spec":{"selector":{"app":"reviews"},"ports":[{"name":"http","port":9080,"targetPort":"web","protocol":"TCP"}]}}
        """;

    [Fact]
    public void Pod_InTheMesh_TellsServicesRoutesAndPolicies()
    {
        var policy = Object(
            """{"metadata":{"name":"strict","namespace":"default","creationTimestamp":"2024-01-01T00:00:00Z"},"spec":{"selector":{"matchLabels":{"app":"reviews"}},"mtls":{"mode":"STRICT"},"portLevelMtls":{"9080":{"mode":"DISABLE"}}}}""");
        var mesh = Mesh() with { PeerAuthentications = [policy] };

        PodDescription.Render(Pod(), ConfigDump.Parse(Dump), mesh, ignoreUnmeshed: false).ShouldBe(
            """
            Pod: reviews-v1
               Pod Revision: default
               Pod Ports: 9080 (reviews), 53/UDP (reviews)
            --------------------
            Service: reviews
               Port: http 9080/HTTP targets pod port 9080
            DestinationRule: reviews for "reviews"
               Matching subsets: v1
                  (Non-matching subsets v2)
               Traffic Policy TLS Mode: ISTIO_MUTUAL
               load balancer
            VirtualService: reviews
               Route to host "reviews" subset "v1" with weight 80%
               Route to host "ratings" with weight 20%
               Match: /r* uncased when headers are end-user=jason
               1 additional destination(s) that will not reach this pod
            RBAC policies: ns[default]-policy[readers]-rule[0]
            --------------------
            Effective PeerAuthentication:
               Workload mTLS mode: STRICT
               Port Level mTLS mode:
                  9080: DISABLE
            Applied PeerAuthentication:
               strict.default
            Skipping Gateway information (no ingress gateway pods)

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Pod_WithoutSidecarOrService_IsWarnedOf()
    {
        var pod = Object("""{"metadata":{"name":"lone","namespace":"other"},"spec":{"containers":[{"name":"app","securityContext":{"runAsUser":1337}}]},"status":{"phase":"Running","containerStatuses":[{"name":"app","ready":false}]}}""");

        var text = PodDescription.Render(pod, null, Mesh(), ignoreUnmeshed: false);

        text.ShouldStartWith("WARNING: User ID (UID) 1337 is reserved for the sidecar proxy.\nPod: lone.other\n   Pod Revision: \n   Pod does not expose ports\n");
        text.ShouldContain("WARNING: Pod lone.other Container app NOT READY\nWARNING: lone.other is not part of mesh; no Istio sidecar\n");
        text.ShouldContain("Warning: No Kubernetes Services select pod lone.other (see ");
        PodDescription.Render(pod, null, Mesh(), ignoreUnmeshed: true).ShouldNotContain("not part of mesh");
    }

    [Fact]
    public void Pod_WhoseProxyFollowsADeletedRule_IsStale() =>
        PodDescription.Render(Pod(), ConfigDump.Parse(Dump), Mesh() with { DestinationRules = [] }, ignoreUnmeshed: false).ShouldContain(
            "WARNING: Proxy is stale; it references to non-existent destination rule reviews.default\nVirtualService: reviews\n"
            + "   WARNING: No destinations match pod subsets (checked 2 HTTP routes)\n"
            + "      Warning: Route to subset v1 but NO DESTINATION RULE defining subsets!\n");

    [Fact]
    public void Service_BehindAGateway_TellsItsAddress()
    {
        var gateway = Object("""{"metadata":{"name":"gateway","namespace":"istio-system","labels":{"istio":"ingressgateway"}},"status":{"hostIP":"10.0.0.1"}}""");
        var front = Object("""{"metadata":{"name":"istio-ingressgateway","namespace":"istio-system"},"spec":{"selector":{"istio":"ingressgateway"},"ports":[{"name":"http2","port":8080}]},"status":{"loadBalancer":{"ingress":[{"ip":"10.96.1.1"}]}}}""");
        var mesh = Mesh() with { IngressGateways = [(gateway, ConfigDump.Parse(Dump))], Services = [Object(Service), front] };

        var text = ServiceDescription.Render(Object(Service), [Pod()], ConfigDump.Parse(Dump), mesh);

        text.ShouldStartWith("Service: reviews\n   Port: http 9080/HTTP targets pod port 9080\n");
        text.ShouldContain("\n\nExposed on Ingress Gateway http://10.96.1.1:8080\nVirtualService: reviews\n");
    }

    [Fact]
    public void Service_WithoutFitPods_SaysWhy()
    {
        ServiceDescription.Render(Object(Service), [], null, Mesh()).ShouldBe("Service \"reviews\" has no pods.\n");
        var pending = Object("""{"metadata":{"name":"p","namespace":"default","labels":{"app":"reviews"}},"status":{"phase":"Pending"}}""");
        ServiceDescription.Render(Object(Service), [pending], null, Mesh()).ShouldStartWith("   Pod is not Running (Pending)\nService \"reviews\" has no Istio pods.  (1 pods in service).\n");
    }

    [Fact]
    public void Table_OfXds_PrintsTheNamesOfStates() =>
        XdsStatusTable.Render([new XdsStatusRow("b.default", "K", new Dictionary<string, string> { ["cds"] = "SYNCED", ["lds"] = "NOT_SENT" }, "istiod-1", "1.19.3")]).ShouldBe(
            "NAME          CLUSTER     CDS        LDS          EDS     RDS     ECDS     ISTIOD       VERSION\n"
            + "b.default     K           SYNCED     NOT_SENT                              istiod-1     1.19.3\n");

    private static DescribedMesh Mesh() => new("default", "istio-system", [Object(Service)], [Object(Rule)], [Object(Routes)], [], [], _ => "HTTP");

    private static JsonObject Pod() => Object(
        """
        {"metadata":{"name":"reviews-v1","namespace":"default","labels":{"app":"reviews","version":"v1"},"annotations":{"sidecar.istio.io/status":"{\"revision\":\"default\"}"}},
         "spec":{"containers":[{"name":"reviews","ports":[{"name":"web","containerPort":9080,"protocol":"TCP"},{"containerPort":53,"protocol":"UDP"}]},{"name":"istio-proxy"}]},
         "status":{"phase":"Running","containerStatuses":[{"name":"reviews","ready":true},{"name":"istio-proxy","ready":true}]}}
        """);

    private static JsonObject Object(string json) => (JsonObject)JsonNode.Parse(json)!;
}
