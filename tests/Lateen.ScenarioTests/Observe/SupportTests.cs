using System.Formats.Tar;
using System.IO.Compression;
using Lateen.ScenarioTests.Mesh;
using Lateen.ScenarioTests.Policies;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Observe;

/// <summary>What the command line tells of a mesh to whoever has to help: the state of proxies over xDS, a pod in words, and the archive of everything.</summary>
[Collection<PolicyMesh>]
public sealed class SupportTests(PolicyMesh mesh)
{
    [Fact]
    public async Task ProxyStatus_OverXds_TellsOfEveryProxy()
    {
        SandboxMesh.SkipUnlessPossible();
        string table = (await mesh.LateenAsync(["x", "proxy-status"])).MustSucceed().Output;

        string[] lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldStartWith("NAME");
        foreach (string pod in new[] { mesh.Alice, mesh.Bob, mesh.Echo })
        {
            lines.Single(line => line.StartsWith($"{pod}.{PolicyMesh.Namespace} ", StringComparison.Ordinal)).ShouldContain("SYNCED");
        }
    }

    [Fact]
    public async Task Description_OfAPod_NamesItsServiceAndWhatItAsksOfCallers()
    {
        SandboxMesh.SkipUnlessPossible();
        string text = (await mesh.LateenAsync(["x", "describe", "pod", $"{mesh.Echo}.{PolicyMesh.Namespace}"])).MustSucceed().Output;

        text.ShouldStartWith($"Pod: {mesh.Echo}.{PolicyMesh.Namespace}\n");
        text.ShouldContain($"Service: echo.{PolicyMesh.Namespace}\n   Port: http 80/HTTP targets pod port ");
        text.ShouldContain("   Workload mTLS mode: ");
    }

    [Fact]
    public async Task BugReport_HoldsThePagesOfProxiesAndControlPlane_AndNoKeys()
    {
        SandboxMesh.SkipUnlessPossible();
        string folder = Directory.CreateTempSubdirectory("lateen-report-").FullName;
        try
        {
            (await mesh.LateenAsync(["bug-report", "--output-dir", folder, "--include", PolicyMesh.Namespace], TimeSpan.FromSeconds(120))).MustSucceed();
            Dictionary<string, string> files = await ReadAsync(Path.Combine(folder, "bug-report.tar.gz"));

            files[$"bug-report/proxies/{PolicyMesh.Namespace}/{mesh.Echo}/config_dump?include_eds"].ShouldContain("virtualInbound");
            files.Keys.ShouldContain(name => name.EndsWith("/debug/syncz", StringComparison.Ordinal));
            files["bug-report/cluster/secrets"].ShouldContain("istio-ca-secret");
            files.Values.ShouldAllBe(text => !text.Contains("PRIVATE KEY", StringComparison.Ordinal));
            files.Keys.ShouldNotContain(name => name.StartsWith($"bug-report/proxies/{PolicyMesh.Plain}/", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Dictionary<string, string>> ReadAsync(string path)
    {
        Dictionary<string, string> files = [];
        await using FileStream file = File.OpenRead(path);
        await using GZipStream unzipped = new(file, CompressionMode.Decompress);
        await using TarReader tar = new(unzipped);
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            using StreamReader text = new(entry.DataStream ?? Stream.Null);
            files[entry.Name] = await text.ReadToEndAsync();
        }

        return files;
    }
}
