using System.Text;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Node;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Node;

public sealed class LaunchScriptTests
{
    [Fact]
    public void Script_Words_AreTakenLiterally()
    {
        string script = LaunchScript.Build(Plan() with { Command = ["echo", "it's $HOME; rm -rf /", ""] });

        script.TrimEnd().Split('\n')[^1].ShouldEndWith("-- echo 'it'\\''s $HOME; rm -rf /' ''");
    }

    [Fact]
    public void Script_Identity_IsSetLast()
    {
        string last = LaunchScript.Build(Plan() with { Identity = new ProcessIdentity(1337, 1337, [1337], ["net_admin"], true) }).TrimEnd().Split('\n')[^1];

        last.ShouldBe("exec env -i A=1 setpriv --pdeathsig=KILL --reuid=1337 --regid=1337 --groups=1337 --inh-caps=-all --bounding-set=-all,+net_admin --no-new-privs -- true");
    }

    [Fact]
    public void Script_NestedMounts_OuterFirst()
    {
        string script = LaunchScript.Build(Plan() with { Mounts = [new("/s/b", "/a/b", true), new("/s/a", "/a", false)] });

        script.IndexOf("mount --bind /.host/s/a /a\n", StringComparison.Ordinal)
            .ShouldBeLessThan(script.IndexOf("mount --bind /.host/s/b /a/b\n", StringComparison.Ordinal));
        script.ShouldContain("mount -o remount,bind,ro /a/b\n");
        script.ShouldNotContain("mount -o remount,bind,ro /a\n");
    }

    [Theory]
    [InlineData("nginx:1.25.3", "nginx")]
    [InlineData("docker.io/istio/proxyv2:1.19.3", "proxyv2")]
    [InlineData("registry:5000/centos@sha256:abc", "centos")]
    public void Image_ShortName_LeavesRegistryAndTagAway(string image, string name) => ImageCatalogue.ShortName(image).ShouldBe(name);

    [Fact]
    public void Image_Unknown_IsNotInTheCatalogue() => ImageCatalogue.Find("example.com/nothing:1").ShouldBeNull();

    [Fact]
    public void Identity_Capabilities_AreTheUsualOnesLessDroppedPlusAdded()
    {
        JsonObject pod = Parse("""{"spec":{"securityContext":{"fsGroup":1337,"runAsUser":5}}}""");

        ProcessIdentity init = PodIdentity.Of(pod, Parse("""{"securityContext":{"runAsUser":0,"capabilities":{"add":["NET_ADMIN","NET_RAW"],"drop":["ALL"]}}}"""));
        init.User.ShouldBe(0);
        init.Groups.ShouldBe([1337]);
        init.Capabilities.ShouldBe(["net_admin", "net_raw"]);
        PodIdentity.Of(pod, Parse("{}")).Capabilities!.ShouldContain("net_bind_service");
        PodIdentity.Of(pod, Parse("""{"securityContext":{"privileged":true}}""")).Capabilities.ShouldBeNull();
    }

    [Fact]
    public void Identity_RootThoughNonRootIsAskedFor_IsRefused() =>
        Should.Throw<NotReadyYetException>(() => PodIdentity.Of(Parse("""{"metadata":{"name":"p"}}"""), Parse("""{"name":"c","securityContext":{"runAsNonRoot":true}}""")))
            .Message.ShouldContain("runAsNonRoot");

    [Fact]
    public async Task Log_TwoStreams_AreEntriesWithTheirName()
    {
        string path = Path.GetTempFileName();
        try
        {
            using MemoryStream output = new(Encoding.UTF8.GetBytes("one\ntwo\nrest"));
            using MemoryStream error = new(Encoding.UTF8.GetBytes(new string('x', 20000) + "\n"));

            await ContainerLogFile.WriteAsync(path, output, error, TimeProvider.System);

            string[] lines = await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken);
            lines.Where(line => line.Contains(" stdout ", StringComparison.Ordinal)).Select(line => line.Split(' ', 3)[2]).ShouldBe(["F one", "F two", "F rest"]);
            lines.Where(line => line.Contains(" stderr ", StringComparison.Ordinal)).Select(line => line.Split(' ', 3)[2].Length).ShouldBe([16386, 3618]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static ContainerPlan Plan() => new()
    {
        Folder = "/state/c",
        NetworkNamespace = "m-pod-1",
        Hostname = "h",
        Preparation = "",
        Hidden = [],
        Mounts = [],
        Environment = [KeyValuePair.Create("A", "1")],
        Command = ["true"],
        WorkingDirectory = "/",
        Identity = new ProcessIdentity(0, 0, [], [], false),
        ReadOnlyRoot = false,
        LogFile = "/state/c/0.log",
    };

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;
}
