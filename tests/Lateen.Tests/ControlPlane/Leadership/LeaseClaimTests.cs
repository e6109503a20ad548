using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Leadership;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane.Leadership;

public sealed class LeaseClaimTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(30);
    private static readonly DateTimeOffset Now = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly LeaseClaim _one = new("one", Duration);
    private readonly LeaseClaim _two = new("two", Duration);

    [Fact]
    public void Claim_HeldByAnother_IsRefusedUntilItWasNotSeenToChangeForItsDuration()
    {
        var lease = _one.New("istio-system", "x", Now.AddHours(-1));

        // The holder's clock is an hour behind: only what the watcher saw himself counts.
        _two.Claim(lease, Now).ShouldBeNull();
        _two.Claim(lease, Now + Duration - TimeSpan.FromSeconds(1)).ShouldBeNull();
        var taken = _two.Claim(lease, Now + Duration)!;
        taken.Text("spec", "holderIdentity").ShouldBe("two");
        taken.Number("spec", "leaseTransitions").ShouldBe(1);
    }

    [Fact]
    public void Claim_RenewedMeanwhile_WaitsFromTheRenewalOn()
    {
        var lease = _one.New("istio-system", "x", Now);
        _two.Claim(lease, Now).ShouldBeNull();
        var renewed = _one.Claim(lease, Now + TimeSpan.FromSeconds(20))!;
        _two.Claim(renewed, Now + TimeSpan.FromSeconds(20)).ShouldBeNull();
        _two.Claim(renewed, Now + TimeSpan.FromSeconds(45)).ShouldBeNull();
        _two.Claim(renewed, Now + TimeSpan.FromSeconds(50)).ShouldNotBeNull();
    }

    [Fact]
    public void Claim_OwnLease_KeepsWhenItWasAcquiredAndCountsNoTransition()
    {
        var lease = _one.New("istio-system", "x", Now);
        var renewed = _one.Claim(lease, Now + TimeSpan.FromSeconds(5))!;
        renewed.Text("spec", "acquireTime").ShouldBe("2024-01-01T00:00:00.000000Z");
        renewed.Text("spec", "renewTime").ShouldBe("2024-01-01T00:00:05.000000Z");
        renewed.Number("spec", "leaseTransitions").ShouldBe(0);
    }

    [Fact]
    public void Release_OwnLease_IsFreeAtOnceForAnother()
    {
        var released = _one.Release(_one.New("istio-system", "x", Now))!;
        _two.Claim(released, Now)!.Text("spec", "holderIdentity").ShouldBe("two");
        _two.Release(new JsonObject { ["spec"] = new JsonObject { ["holderIdentity"] = "one" } }).ShouldBeNull();
    }
}
