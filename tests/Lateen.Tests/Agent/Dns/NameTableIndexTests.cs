using Istio.Networking.Nds.V1;
using Lateen.Agent.Dns;
using Lateen.Net.Dns;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent.Dns;

public sealed class NameTableIndexTests
{
    private static readonly NameTableIndex Index = new(
        new NameTable
        {
            Table =
            {
                ["reviews.shop.svc.cluster.local"] = Kubernetes("reviews", "shop", "10.0.0.1", "2001:db8::1"),
                ["db.data.svc.cluster.local"] = Kubernetes("db", "data", "10.0.0.2"),
                ["gone.shop.svc.cluster.local"] = Kubernetes("gone", "shop"),
                ["api.example.com"] = new() { Registry = "External", Ips = { "10.0.0.3" } },
                ["*.wild.example.com"] = new() { Registry = "External", Ips = { "10.0.0.4" } },
            },
        },
        "shop", "shop.svc.cluster.local", "shop.svc.cluster.local");

    [Theory]
    [InlineData("reviews.", "reviews. A 10.0.0.1")]
    [InlineData("Reviews.Shop.", "reviews.shop. A 10.0.0.1")]
    [InlineData("reviews.shop.svc.", "reviews.shop.svc. A 10.0.0.1")]
    [InlineData("db.data.", "db.data. A 10.0.0.2")]
    [InlineData("db.", null)]
    [InlineData("gone.", null)]
    [InlineData("api.example.com.shop.svc.cluster.local.", "api.example.com.shop.svc.cluster.local. CNAME api.example.com.,api.example.com. A 10.0.0.3")]
    [InlineData("a.b.wild.example.com.", "a.b.wild.example.com. A 10.0.0.4")]
    [InlineData("wild.example.com.", null)]
    [InlineData("nobody.example.com.", null)]
    public void Find_AddressOfName_IsWhatTheApplicationMayAskFor(string name, string? expected)
    {
        IReadOnlyList<DnsRecord>? records = Index.Find(name, DnsQuestion.A, new Random(1));

        (records is null ? null : string.Join(',', records.Select(r => $"{r.Name} {(r.Target is null ? "A" : "CNAME")} {r.Target ?? r.Address!.ToString()}")))
            .ShouldBe(expected);
    }

    [Fact]
    public void Find_NoAddressOfThatKind_IsKnownAndEmpty() => Index.Find("db.data.", DnsQuestion.Aaaa, new Random(1)).ShouldBeEmpty();

    private static NameTable.Types.NameInfo Kubernetes(string name, string ns, params string[] addresses) =>
        new() { Registry = "Kubernetes", Shortname = name, Namespace = ns, Ips = { addresses } };
}
