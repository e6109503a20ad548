using System.Net;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Api;

public sealed class ObjectTests(ApiServerFixture api) : IClassFixture<ApiServerFixture>
{
    [Fact]
    public async Task Create_ConfigMap_GetsServerFields()
    {
        var ns = await api.NamespaceAsync();
        var created = await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps", """{"metadata":{"generateName":"x-"},"data":{"a":"b"}}""");
        created.Status.ShouldBe(HttpStatusCode.Created);
        created.At("metadata", "name")!.ShouldMatch("^x-[bcdfghjklmnpqrstvwxz2456789]{5}$");
        created.At("metadata", "namespace").ShouldBe(ns);
        created.At("metadata", "uid").ShouldNotBeNull();
        created.At("metadata", "creationTimestamp").ShouldNotBeNull();
        created.At("kind").ShouldBe("ConfigMap");
    }

    [Fact]
    public async Task Namespace_WhenBorn_HasDefaultAccountAndRootCertificate()
    {
        var ns = await api.NamespaceAsync();
        (await api.SendAsync("GET", $"/api/v1/namespaces/{ns}/serviceaccounts/default")).Status.ShouldBe(HttpStatusCode.OK);
        (await api.SendAsync("GET", $"/api/v1/namespaces/{ns}/configmaps/kube-root-ca.crt")).At("data", "ca.crt").ShouldBe(api.Server.AuthorityPem);
    }

    [Fact]
    public async Task Create_UnknownNamespace_NotFound()
    {
        var answer = await api.SendAsync("POST", "/api/v1/namespaces/nowhere/configmaps", """{"metadata":{"name":"a"}}""");
        answer.Status.ShouldBe(HttpStatusCode.NotFound);
        answer.At("message").ShouldBe("namespaces \"nowhere\" not found");
    }

    [Fact]
    public async Task Create_SameName_AlreadyExists()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps", """{"metadata":{"name":"a"}}""");
        var answer = await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps", """{"metadata":{"name":"a"}}""");
        answer.Status.ShouldBe(HttpStatusCode.Conflict);
        answer.At("reason").ShouldBe("AlreadyExists");
        answer.At("message").ShouldBe("configmaps \"a\" already exists");
    }

    [Fact]
    public async Task Create_BadName_InvalidWithCause()
    {
        var ns = await api.NamespaceAsync();
        var answer = await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps", """{"metadata":{"name":"Bad_"}}""");
        answer.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        answer.At("reason").ShouldBe("Invalid");
        answer.At("details", "causes", 0, "field").ShouldBe("metadata.name");
    }

    [Fact]
    public async Task Replace_StaleVersion_Conflict()
    {
        var ns = await api.NamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/configmaps/a";
        var first = await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps", """{"metadata":{"name":"a"}}""");
        var version = first.At("metadata", "resourceVersion");
        var body = $$$$$"""{"metadata":{"name":"a","resourceVersion":"{{{{{version}}}}}"},"data":{"x":"1"}}""";
        (await api.SendAsync("PUT", path, body)).Status.ShouldBe(HttpStatusCode.OK);
        var stale = await api.SendAsync("PUT", path, body);
        stale.Status.ShouldBe(HttpStatusCode.Conflict);
        stale.At("message")!.ShouldContain("the object has been modified; please apply your changes to the latest version");
    }

    [Fact]
    public async Task Replace_NothingChanges_KeepsTheVersion()
    {
        var ns = await api.NamespaceAsync();
        var first = await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps", """{"metadata":{"name":"a"},"data":{"x":"1"}}""");
        var again = await api.SendAsync("PUT", $"/api/v1/namespaces/{ns}/configmaps/a", """{"metadata":{"name":"a"},"data":{"x":"1"}}""");
        again.At("metadata", "resourceVersion").ShouldBe(first.At("metadata", "resourceVersion"));
    }

    [Fact]
    public async Task DryRun_Create_AnswersAndStoresNothing()
    {
        var ns = await api.NamespaceAsync();
        (await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps?dryRun=All", """{"metadata":{"name":"a"}}""")).Status.ShouldBe(HttpStatusCode.Created);
        (await api.SendAsync("GET", $"/api/v1/namespaces/{ns}/configmaps/a")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Deployment_Created_HasDefaultsAndCountsGenerations()
    {
        var ns = await api.NamespaceAsync();
        var path = $"/apis/apps/v1/namespaces/{ns}/deployments";
        var created = await api.SendAsync("POST", path, Deployment);
        created.Status.ShouldBe(HttpStatusCode.Created);
        created.At("spec", "replicas").ShouldBe("1");
        created.At("spec", "strategy", "rollingUpdate", "maxSurge").ShouldBe("25%");
        created.At("spec", "template", "spec", "containers", 0, "imagePullPolicy").ShouldBe("IfNotPresent");
        created.At("metadata", "generation").ShouldBe("1");
        const string merge = "application/merge-patch+json";
        (await api.SendAsync("PATCH", path + "/d", """{"metadata":{"labels":{"x":"y"}}}""", merge)).At("metadata", "generation").ShouldBe("1");
        (await api.SendAsync("PATCH", path + "/d", """{"spec":{"replicas":3}}""", merge)).At("metadata", "generation").ShouldBe("2");
        var status = await api.SendAsync("PATCH", path + "/d/status", """{"spec":{"replicas":9},"status":{"readyReplicas":2}}""", merge);
        status.At("spec", "replicas").ShouldBe("3");
        status.At("status", "readyReplicas").ShouldBe("2");
        (await api.SendAsync("GET", path + "/d/scale")).At("spec", "replicas").ShouldBe("3");
    }

    [Fact]
    public async Task Deployment_SelectorDoesNotMatchTemplate_InvalidWithField()
    {
        var ns = await api.NamespaceAsync();
        var answer = await api.SendAsync("POST", $"/apis/apps/v1/namespaces/{ns}/deployments", Deployment.Replace("\"matchLabels\":{\"app\":\"d\"}", "\"matchLabels\":{\"app\":\"other\"}", StringComparison.Ordinal));
        answer.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        answer.At("message")!.ShouldContain("spec.template.metadata.labels");
        answer.At("message")!.ShouldContain("`selector` does not match template `labels`");
    }

    [Fact]
    public async Task Service_Created_GetsClusterAddressThatNobodyElseHas()
    {
        var ns = await api.NamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/services";
        var one = await api.SendAsync("POST", path, """{"metadata":{"name":"a"},"spec":{"ports":[{"port":80}]}}""");
        var two = await api.SendAsync("POST", path, """{"metadata":{"name":"b"},"spec":{"type":"NodePort","ports":[{"port":80,"targetPort":"http"}]}}""");
        var none = await api.SendAsync("POST", path, """{"metadata":{"name":"c"},"spec":{"clusterIP":"None","ports":[{"port":80}]}}""");
        one.At("spec", "clusterIP")!.ShouldStartWith("10.96.");
        one.At("spec", "clusterIPs", 0).ShouldBe(one.At("spec", "clusterIP"));
        one.At("spec", "ports", 0, "targetPort").ShouldBe("80");
        two.At("spec", "clusterIP").ShouldNotBe(one.At("spec", "clusterIP"));
        int.Parse(two.At("spec", "ports", 0, "nodePort")!, System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(30000, 32767);
        none.At("spec", "clusterIP").ShouldBe("None");
        var changed = await api.SendAsync("PATCH", path + "/a", """{"spec":{"clusterIP":"10.96.3.3"}}""", "application/merge-patch+json");
        changed.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var taken = await api.SendAsync("POST", path, $$$$$"""{"metadata":{"name":"e"},"spec":{"clusterIP":"{{{{{one.At("spec", "clusterIP")}}}}}","ports":[{"port":80}]}}""");
        taken.At("message")!.ShouldContain("provided IP is already allocated");
    }

    [Fact]
    public async Task Pod_Created_GetsAccountAndTokenVolume()
    {
        var ns = await api.NamespaceAsync();
        var pod = await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/pods", Pod);
        pod.At("spec", "serviceAccountName").ShouldBe("default");
        pod.At("spec", "volumes", 0, "name")!.ShouldMatch("^kube-api-access-[a-z0-9]{5}$");
        pod.At("spec", "containers", 0, "volumeMounts", 0, "mountPath").ShouldBe("/var/run/secrets/kubernetes.io/serviceaccount");
        pod.At("spec", "restartPolicy").ShouldBe("Always");
        pod.At("status", "phase").ShouldBe("Pending");
        pod.At("status", "qosClass").ShouldBe("BestEffort");
    }

    [Fact]
    public async Task Pod_DeletedWhileOnANode_WaitsForTheNode()
    {
        var ns = await api.NamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/pods/p";
        await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/pods", Pod);
        (await api.SendAsync("POST", path + "/binding", """{"target":{"name":"n1"}}""")).Status.ShouldBe(HttpStatusCode.Created);
        (await api.SendAsync("POST", path + "/binding", """{"target":{"name":"n2"}}""")).Status.ShouldBe(HttpStatusCode.Conflict);
        var marked = await api.SendAsync("DELETE", path);
        marked.At("metadata", "deletionGracePeriodSeconds").ShouldBe("30");
        marked.At("metadata", "deletionTimestamp").ShouldNotBeNull();
        (await api.SendAsync("GET", path)).Status.ShouldBe(HttpStatusCode.OK);
        await api.SendAsync("DELETE", path, """{"gracePeriodSeconds":0}""");
        (await api.SendAsync("GET", path)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Delete_WithFinalizer_EndsWhenTheFinalizerGoes()
    {
        var ns = await api.NamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/configmaps/a";
        await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps", """{"metadata":{"name":"a","finalizers":["example.org/wait"]}}""");
        (await api.SendAsync("DELETE", path)).At("metadata", "deletionTimestamp").ShouldNotBeNull();
        (await api.SendAsync("GET", path)).Status.ShouldBe(HttpStatusCode.OK);
        await api.SendAsync("PATCH", path, """{"metadata":{"finalizers":null}}""", "application/merge-patch+json");
        (await api.SendAsync("GET", path)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Namespace_Deleted_TerminatesUntilFinalized()
    {
        var ns = await api.NamespaceAsync();
        (await api.SendAsync("DELETE", $"/api/v1/namespaces/{ns}")).At("status", "phase").ShouldBe("Terminating");
        var refused = await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps", """{"metadata":{"name":"a"}}""");
        refused.Status.ShouldBe(HttpStatusCode.Forbidden);
        refused.At("message")!.ShouldContain("because it is being terminated");
        (await api.SendAsync("PUT", $"/api/v1/namespaces/{ns}/finalize", $$$$$"""{"metadata":{"name":"{{{{{ns}}}}}"},"spec":{"finalizers":[]}}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await api.SendAsync("GET", $"/api/v1/namespaces/{ns}")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task List_WithSelectorsAndPages_ReturnsEachMatchOnce()
    {
        var ns = await api.NamespaceAsync();
        for (var i = 0; i < 5; i++)
        {
            await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps", $$$$$"""{"metadata":{"name":"a{{{{{i}}}}}","labels":{"n":"{{{{{i % 2}}}}}"}}}""");
        }

        var path = $"/api/v1/namespaces/{ns}/configmaps?labelSelector=n%20in%20(0,1)";
        var names = new List<string>();
        string? next = null;
        do
        {
            var page = await api.SendAsync("GET", $"{path}&limit=2" + (next is null ? "" : "&continue=" + Uri.EscapeDataString(next)));
            names.AddRange(page.Body["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!));
            next = page.At("metadata", "continue");
        }
        while (next is not null);
        names.ShouldBe(["a0", "a1", "a2", "a3", "a4"]);
        (await api.SendAsync("GET", $"{path}&fieldSelector=metadata.name%3Da3")).Body["items"]!.AsArray().Count.ShouldBe(1);
        (await api.SendAsync("GET", $"/api/v1/namespaces/{ns}/configmaps?labelSelector=n!%3D0,n")).Body["items"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Delete_Collection_TakesWhatTheSelectorMatches()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps", """{"metadata":{"name":"a","labels":{"x":"1"}}}""");
        await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps", """{"metadata":{"name":"b"}}""");
        await api.SendAsync("DELETE", $"/api/v1/namespaces/{ns}/configmaps?labelSelector=x%3D1");
        var left = await api.SendAsync("GET", $"/api/v1/namespaces/{ns}/configmaps");
        left.Body["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!).ShouldBe(["b", "kube-root-ca.crt"]);
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"a","name":"b"}}""")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"kind":"Secret","metadata":{"name":"a"}}""")]
    public async Task Create_UnreadableBody_BadRequest(string body)
    {
        var ns = await api.NamespaceAsync();
        (await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps", body)).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Create_YamlBody_IsRead()
    {
        var ns = await api.NamespaceAsync();
        var answer = await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps", "metadata:\n  name: a\ndata:\n  number: \"1\"\n", "application/yaml");
        answer.At("data", "number").ShouldBe("1");
    }

    [Fact]
    public async Task Table_OfPods_HasTheKnownColumns()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/pods", Pod);
        var table = await api.SendAsync("GET", $"/api/v1/namespaces/{ns}/pods", accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
        table.Body["columnDefinitions"]!.AsArray().Select(c => (string)c!["name"]!).Take(5).ShouldBe(["Name", "Ready", "Status", "Restarts", "Age"]);
        table.Body["rows"]![0]!["cells"]!.AsArray().Take(4).Select(c => c!.ToString()).ShouldBe(["p", "0/1", "Pending", "0"]);
        table.At("rows", 0, "object", "kind").ShouldBe("PartialObjectMetadata");
    }

    [Fact]
    public async Task Secret_StringData_IsStoredAsBase64()
    {
        var ns = await api.NamespaceAsync();
        var secret = await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/secrets", """{"metadata":{"name":"s"},"stringData":{"a":"b"}}""");
        secret.At("data", "a").ShouldBe("Yg==");
        secret.Body.AsObject().ContainsKey("stringData").ShouldBeFalse();
        secret.At("type").ShouldBe("Opaque");
    }

    private const string Pod = """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"nginx:1.25.3"}]}}""";

    private const string Deployment = """
        {"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"app":"d"}},"template":{"metadata":{"labels":{"app":"d"}},
        "spec":{"containers":[{"name":"c","image":"nginx:1.25.3"}]}}}}
        """;
}
