using Lateen.Agent.Hosting;
using Lateen.Api;
using Lateen.Tests.Proxy;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent;

public sealed class ConfigCacheTests
{
    [Fact]
    public async Task Configuration_Kept_IsTheSameForTheNextProxy()
    {
        string folder = Directory.CreateTempSubdirectory("lateen-cache").FullName;
        try
        {
            await using ProxyBed before = new();
            before.Apply(TypeUrls.Cluster, [.. Enumerable.Range(0, 50).Select(i => ProxyBed.Eds($"service-{i}"))]);
            ConfigCache kept = new(folder, TimeProvider.System, NullLogger.Instance);
            kept.Changed(TypeUrls.Cluster, "7");
            await kept.RunAsync(before.Server, new CancellationToken(canceled: true));

            await using ProxyBed after = new();
            int restored = new ConfigCache(folder, TimeProvider.System, NullLogger.Instance).Restore(after.Server);

            restored.ShouldBe(50);
            after.Server.VersionOf(TypeUrls.Cluster).ShouldBe("7");
            after.Server.Applied(TypeUrls.Cluster).Select(r => (r.Name, r.Resource)).ShouldBe(before.Server.Applied(TypeUrls.Cluster).Select(r => (r.Name, r.Resource)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
