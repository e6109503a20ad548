using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Api;

public sealed class WebhookTests(ApiServerFixture api) : IClassFixture<ApiServerFixture>, IAsyncLifetime
{
    private const string Ok = "{\"allowed\":true}";

    private readonly ConcurrentQueue<JsonNode> _asked = new();
    private readonly string _label = "h" + Guid.NewGuid().ToString("N")[..8];
    private WebApplication? _hook;
    private X509Certificate2? _certificate;
    private Func<JsonNode, string> _answer = _ => Ok;

    private int Port => new Uri(_hook!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    private string CaBundle => Convert.ToBase64String(Encoding.UTF8.GetBytes(_certificate!.ExportCertificatePem()));

    public async ValueTask InitializeAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=hook", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("hook.default.svc");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        _certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(_certificate)));
        _hook = builder.Build();
        _hook.Run(AnswerAsync);
        await _hook.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await api.SendAsync("DELETE", $"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{_label}");
        await api.SendAsync("DELETE", $"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{_label}");
        await _hook!.DisposeAsync();
        _certificate!.Dispose();
    }

    [Fact]
    public async Task Mutating_PatchIsAppliedBeforeStoring()
    {
        var patch = Convert.ToBase64String("""[{"op":"add","path":"/metadata/labels","value":{"seen":"yes"}}]"""u8);
        _answer = _ => $$$$$"""{"allowed":true,"patchType":"JSONPatch","patch":"{{{{{patch}}}}}","warnings":["mind the gap"]}""";
        var ns = await ConfigureAsync("mutating");
        var pod = await CreatePodAsync(ns);
        pod.At("metadata", "labels", "seen").ShouldBe("yes");
        pod.Warnings.ShouldHaveSingleItem().ShouldContain("mind the gap");
        var request = _asked.ShouldHaveSingleItem();
        request["kind"]!.ToString().ShouldBe("AdmissionReview");
        request["request"]!["operation"]!.ToString().ShouldBe("CREATE");
        request["request"]!["namespace"]!.ToString().ShouldBe(ns);
        request["request"]!["resource"]!["resource"]!.ToString().ShouldBe("pods");
        request["request"]!["userInfo"]!["username"]!.ToString().ShouldBe("kubernetes-admin");
        request["request"]!["object"]!["spec"]!["serviceAccountName"]!.ToString().ShouldBe("default");
    }

    [Fact]
    public async Task NamespaceSelector_DoesNotMatch_NotCalled()
    {
        await ConfigureAsync("mutating");
        (await CreatePodAsync(await api.NamespaceAsync())).Status.ShouldBe(HttpStatusCode.Created);
        _asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Validating_Denial_IsForbiddenWithItsMessage()
    {
        _answer = _ => """{"allowed":false,"status":{"message":"no such luck"}}""";
        var ns = await ConfigureAsync("validating");
        var pod = await CreatePodAsync(ns);
        pod.Status.ShouldBe(HttpStatusCode.Forbidden);
        pod.At("message").ShouldBe("admission webhook \"hook.lateen.example\" denied the request: no such luck");
    }

    [Theory]
    [InlineData("Fail", HttpStatusCode.InternalServerError)]
    [InlineData("Ignore", HttpStatusCode.Created)]
    public async Task Unreachable_IsTreatedAsItsPolicySays(string policy, HttpStatusCode expected)
    {
        _answer = _ => throw new InvalidOperationException("broken hook");
        var ns = await ConfigureAsync("mutating", policy);
        var pod = await CreatePodAsync(ns);
        pod.Status.ShouldBe(expected);
        if (expected != HttpStatusCode.Created)
        {
            pod.At("message")!.ShouldStartWith("Internal error occurred: failed calling webhook \"hook.lateen.example\": failed to call webhook:");
        }
    }

    [Fact]
    public async Task WrongCaBundle_IsNotTrusted()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = new CertificateRequest("CN=other", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        var ns = await ConfigureAsync("mutating", caBundle: Convert.ToBase64String(Encoding.UTF8.GetBytes(other.ExportCertificatePem())));
        (await CreatePodAsync(ns)).Status.ShouldBe(HttpStatusCode.InternalServerError);
        _asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task ServiceReference_IsCalledAtAReadyEndpointUnderItsName()
    {
        var name = "hook";
        await api.SendAsync("POST", "/api/v1/namespaces/default/services", $$$$$"""{"metadata":{"name":"{{{{{name}}}}}"},"spec":{"ports":[{"name":"https","port":443,"targetPort":{{{{{Port}}}}}}]}}""");
        var ns = await ConfigureAsync("mutating", client: $$$$$"""{"service":{"name":"{{{{{name}}}}}","namespace":"default","path":"/inject"},"caBundle":"{{{{{CaBundle}}}}}"}""");
        var none = await CreatePodAsync(ns);
        none.At("message")!.ShouldContain("no endpoints available for service \"hook\"");
        await api.SendAsync("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", $$$$$"""
            {"metadata":{"name":"{{{{{name}}}}}-1","labels":{"kubernetes.io/service-name":"{{{{{name}}}}}"}},"addressType":"IPv4",
             "endpoints":[{"addresses":["127.0.0.2"],"conditions":{"ready":false}},{"addresses":["127.0.0.1"],"conditions":{"ready":true}}],
             "ports":[{"name":"https","port":{{{{{Port}}}}}}]}
            """);
        (await CreatePodAsync(ns)).Status.ShouldBe(HttpStatusCode.Created);
        _asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task DryRun_IsTold()
    {
        var ns = await ConfigureAsync("mutating");
        await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/pods?dryRun=All", Pod);
        ((bool)_asked.ShouldHaveSingleItem()["request"]!["dryRun"]!).ShouldBeTrue();
    }

    [Fact]
    public async Task Configuration_Created_GetsTheDefaultsOfV1()
    {
        await ConfigureAsync("mutating");
        var stored = await api.SendAsync("GET", $"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{_label}");
        stored.At("webhooks", 0, "timeoutSeconds").ShouldBe("10");
        stored.At("webhooks", 0, "matchPolicy").ShouldBe("Equivalent");
        stored.At("webhooks", 0, "reinvocationPolicy").ShouldBe("Never");
        stored.At("webhooks", 0, "rules", 0, "scope").ShouldBe("*");
    }

    private const string Pod = """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"x"}]}}""";

    private Task<ApiAnswer> CreatePodAsync(string ns) => api.SendAsync("POST", $"/api/v1/namespaces/{ns}/pods", Pod);

    /// <summary>Configures the hook for pods of a new namespace and returns its name.</summary>
    private async Task<string> ConfigureAsync(string kind, string policy = "Fail", string? caBundle = null, string? client = null)
    {
        client ??= $$$$$"""{"url":"https://127.0.0.1:{{{{{Port}}}}}/hook","caBundle":"{{{{{caBundle ?? CaBundle}}}}}"}""";
        var answer = await api.SendAsync("POST", $"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations", $$$$$"""
            {"metadata":{"name":"{{{{{_label}}}}}"},"webhooks":[{"name":"hook.lateen.example","admissionReviewVersions":["v1"],"sideEffects":"None",
             "failurePolicy":"{{{{{policy}}}}}","clientConfig":{{{{{client}}}}},"namespaceSelector":{"matchLabels":{"hook":"{{{{{_label}}}}}"}},
             "rules":[{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]}]}]}
            """);
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body.ToJsonString());
        return await api.NamespaceAsync($$$$$"""{"hook":"{{{{{_label}}}}}"}""");
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var review = (await JsonNode.ParseAsync(context.Request.Body))!;
        _asked.Enqueue(review);
        string answer;
        try
        {
            answer = _answer(review);
        }
        catch (InvalidOperationException)
        {
            context.Response.StatusCode = 500;
            return;
        }

        var response = JsonNode.Parse(answer)!.AsObject();
        response["uid"] = review["request"]!["uid"]!.DeepClone();
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(new JsonObject { ["kind"] = "AdmissionReview", ["apiVersion"] = "admission.k8s.io/v1", ["response"] = response }.ToJsonString());
    }
}
