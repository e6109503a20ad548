using System.Net;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy;

public sealed class ReadinessTests
{
    [Fact]
    public async Task WhenReady_ConfigurationIsApplied_EndsThenAndNotBefore()
    {
        await using ProxyBed bed = new();
        Task ready = bed.Server.WhenReadyAsync(TestContext.Current.CancellationToken);
        bed.Apply(Lateen.Api.TypeUrls.Cluster, ProxyBed.Eds("other"));
        bool before = ready.IsCompleted;

        bed.ServeHttp(new IPEndPoint(IPAddress.Loopback, 9));

        await ready.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        before.ShouldBeFalse("there was no listener yet");
        bed.Server.IsReady.ShouldBeTrue();
    }
}
