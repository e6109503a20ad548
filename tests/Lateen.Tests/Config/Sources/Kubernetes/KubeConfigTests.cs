using System.Text;
using Lateen.Config.Sources.Kubernetes;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Config.Sources.Kubernetes;

public sealed class KubeConfigTests
{
    private const string Valid = """
        apiVersion: v1
        kind: Config
        current-context: one
        contexts:
        - name: one
          context: {cluster: c, user: u, namespace: canary}
        - name: two
          context: {cluster: missing, user: u}
        clusters:
        - name: c
          cluster: {server: "https://127.0.0.1:6443", insecure-skip-tls-verify: true, tls-server-name: kubernetes}
        users:
        - name: u
          user: {token: abc}
        """;

    [Fact]
    public void KubeConfig_CurrentContext_GivesServerUserAndNamespace()
    {
        KubernetesClientOptions options = KubeConfig.Parse(Valid, "/etc/kube/config");

        options.Server.ShouldBe(new Uri("https://127.0.0.1:6443"));
        options.Token.ShouldBe("abc");
        options.Namespace.ShouldBe("canary");
        options.SkipTlsVerification.ShouldBeTrue();
        options.TlsServerName.ShouldBe("kubernetes");
    }

    [Theory]
    [InlineData("two", "/k: clusters: there is no cluster named 'missing'")]
    [InlineData("three", "/k: contexts: there is no context named 'three'")]
    public void KubeConfig_UnknownName_SaysWhere(string context, string message) =>
        Should.Throw<KubeConfigException>(() => KubeConfig.Parse(Valid, "/k", context)).Message.ShouldBe(message);

    [Fact]
    public void KubeConfig_BrokenAuthority_SaysWhichField()
    {
        string yaml = Valid.Replace("insecure-skip-tls-verify: true", "certificate-authority-data: '***'", StringComparison.Ordinal);

        Should.Throw<KubeConfigException>(() => KubeConfig.Parse(yaml, "/k")).Message.ShouldBe("/k: certificate-authority-data is not base64");
    }

    [Fact]
    public void KubeConfig_CredentialPlugin_IsRefused()
    {
        string yaml = Valid.Replace("token: abc", "exec: {command: aws}", StringComparison.Ordinal);

        Should.Throw<KubeConfigException>(() => KubeConfig.Parse(yaml, "/k")).Message.ShouldContain("credential plugins are not supported");
    }

    [Fact]
    public void KubeConfig_NotYaml_NamesTheLine() =>
        Should.Throw<KubeConfigException>(() => KubeConfig.Parse("a: [", "/k")).Message.ShouldStartWith("/k:");

    [Fact]
    public void InCluster_OutsideOfAPod_SaysSo() =>
        Should.Throw<KubeConfigException>(() => KubernetesClientOptions.InCluster(null, null)).Message.ShouldContain("KUBERNETES_SERVICE_HOST");

    [Fact]
    public void InCluster_MountedAccount_IsRead()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("lateen-test-");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "token"), "t", Encoding.UTF8);
            File.WriteAllText(Path.Combine(directory.FullName, "namespace"), "istio-system\n");

            KubernetesClientOptions options = KubernetesClientOptions.InCluster("10.96.0.1", "443", directory.FullName);

            options.Server.ShouldBe(new Uri("https://10.96.0.1:443"));
            options.Namespace.ShouldBe("istio-system");
            options.TokenFile.ShouldBe(Path.Combine(directory.FullName, "token"));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
