using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Api;

public sealed class KubectlTests(ApiServerFixture api) : IClassFixture<ApiServerFixture>
{
    private const string Manifest = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          replicas: 2
          selector:
            matchLabels:
              app: web
          template:
            metadata:
              labels:
                app: web
            spec:
              containers:
              - name: web
                image: nginx:1.25.3
                ports:
                - containerPort: 80
        ---
        apiVersion: v1
        kind: Service
        metadata:
          name: web
        spec:
          selector:
            app: web
          ports:
          - port: 80
        """;

    private readonly Kubectl _kubectl = new(api);

    [Fact]
    public async Task Apply_TwiceThenChanged_SaysCreatedUnchangedConfigured()
    {
        var ns = await api.NamespaceAsync();
        (await RunAsync(Manifest, "apply", "-n", ns, "-f", "-")).ShouldBe("deployment.apps/web created\nservice/web created\n");
        (await RunAsync(Manifest, "apply", "-n", ns, "-f", "-")).ShouldBe("deployment.apps/web unchanged\nservice/web unchanged\n");
        var changed = Manifest.Replace("containerPort: 80", "containerPort: 8080", StringComparison.Ordinal).Replace("replicas: 2", "replicas: 3", StringComparison.Ordinal);
        (await RunAsync(changed, "apply", "-n", ns, "-f", "-")).ShouldBe("deployment.apps/web configured\nservice/web unchanged\n");
        (await RunAsync(null, "get", "-n", ns, "deployment", "web", "-o", "jsonpath={.spec.replicas} {.spec.template.spec.containers[0].ports}"))
            .ShouldBe("""3 [{"containerPort":8080,"protocol":"TCP"}]""");
    }

    [Fact]
    public async Task Get_AndDescribe_ShowTheKnownShapes()
    {
        var ns = await api.NamespaceAsync();
        await RunAsync(Manifest, "apply", "-n", ns, "-f", "-");
        (await RunAsync(null, "get", "-n", ns, "deploy,svc")).ShouldMatch(
            @"(?s)NAME +READY +UP-TO-DATE +AVAILABLE +AGE\ndeployment.apps/web +0/2 +0 +0 .*NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nservice/web +ClusterIP +10\.96\.\S+ +<none> +80/TCP");
        (await RunAsync(null, "describe", "-n", ns, "deploy", "web")).ShouldContain("RollingUpdateStrategy:  25% max unavailable, 25% max surge");
        (await RunAsync(null, "api-resources")).ShouldMatch("deployments +deploy +apps/v1 +true +Deployment");
    }

    [Fact]
    public async Task Explain_DeepInABuiltInKind_TellsTheFieldsAndTheirTypes()
    {
        (await RunAsync(null, "explain", "service.spec.ports")).ShouldMatch(@"(?s)FIELD: ports <\[\]ServicePort>.*nodePort\t<integer>.*targetPort\t<");
        (await RunAsync(null, "explain", "deployment.spec.template.spec.containers.livenessProbe.httpGet.port")).ShouldContain("FIELD: port <");
    }

    [Fact]
    public async Task Label_Scale_Delete_Work()
    {
        var ns = await api.NamespaceAsync();
        await RunAsync(Manifest, "apply", "-n", ns, "-f", "-");
        (await RunAsync(null, "label", "-n", ns, "deploy", "web", "a=b")).ShouldBe("deployment.apps/web labeled\n");
        (await RunAsync(null, "scale", "-n", ns, "deploy", "web", "--replicas=5")).ShouldBe("deployment.apps/web scaled\n");
        (await RunAsync(null, "get", "-n", ns, "deploy", "-l", "a=b", "-o", "jsonpath={.items[*].spec.replicas}")).ShouldBe("5");
        (await RunAsync(Manifest, "delete", "-n", ns, "-f", "-")).ShouldContain("deployment.apps \"web\" deleted");
        (await RunAsync(null, "get", "-n", ns, "deploy,svc")).ShouldContain($"No resources found in {ns} namespace.");
    }

    [Fact]
    public async Task Errors_AreTheOnesPeopleKnow()
    {
        var ns = await api.NamespaceAsync();
        (await _kubectl.RunAsync(null, "get", "-n", ns, "pod", "nope")).ShouldBe((1, "Error from server (NotFound): pods \"nope\" not found\n"));
        (await _kubectl.RunAsync(null, "get", "frobs")).ShouldBe((1, "error: the server doesn't have a resource type \"frobs\"\n"));
        (await _kubectl.RunAsync(null, "create", "ns", ns)).ShouldBe((1, $"Error from server (AlreadyExists): namespaces \"{ns}\" already exists\n"));
    }

    private async Task<string> RunAsync(string? input, params string[] arguments)
    {
        var (code, output) = await _kubectl.RunAsync(input, arguments);
        code.ShouldBe(0, output);
        return output;
    }
}
