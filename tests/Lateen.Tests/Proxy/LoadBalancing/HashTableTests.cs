using Lateen.Proxy.Clusters;
using Lateen.Proxy.LoadBalancing;
using Lateen.Tests.Proxy.Clusters;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.LoadBalancing;

/// <summary>Ring hash and Maglev.</summary>
public sealed class HashTableTests
{
    private const string Ring = nameof(LoadBalancingPolicy.RingHash), Maglev = nameof(LoadBalancingPolicy.Maglev);
    private const int Keys = 20_000;

    [Theory]
    [InlineData(Ring, 0.25)]
    [InlineData(Maglev, 0.1)]
    public void Find_EqualHosts_GivesEachItsShare(string policy, double tolerance)
    {
        Dictionary<Host, int> counts = Count(Table(policy, TestHosts.Hosts(5)));

        counts.Count.ShouldBe(5);
        counts.Values.ShouldAllBe(n => Math.Abs(n - (Keys / 5)) < tolerance * Keys / 5);
    }

    [Theory]
    [InlineData(Ring)]
    [InlineData(Maglev)]
    public void Find_WeightedHosts_FollowsTheWeights(string policy)
    {
        Host light = TestHosts.Host(1, weight: 1), heavy = TestHosts.Host(2, weight: 3);

        Dictionary<Host, int> counts = Count(Table(policy, [light, heavy]));

        ((double)counts[heavy] / counts[light]).ShouldBe(3, tolerance: 0.6);
    }

    [Theory]
    [InlineData(Ring, 0.1)]
    [InlineData(Maglev, 0.05)]
    public void Find_AfterAHostLeft_MovesHardlyMoreThanItsKeys(string policy, double moved)
    {
        Host[] hosts = TestHosts.Hosts(10);
        HashTable before = Table(policy, hosts), after = Table(policy, hosts[..9]);

        int others = Enumerable.Range(0, Keys).Count(i =>
            before.Find(Hash(i), 0) is var host && host != hosts[9] && after.Find(Hash(i), 0) != host);

        others.ShouldBeLessThanOrEqualTo((int)(moved * Keys));
    }

    [Theory]
    [InlineData(Ring)]
    [InlineData(Maglev)]
    public void Find_FurtherAttempts_ReachOtherHosts(string policy)
    {
        HashTable table = Table(policy, TestHosts.Hosts(5));

        Enumerable.Range(0, 20).Select(i => table.Find(42, i)).Distinct().Count().ShouldBeGreaterThan(2);
    }

    [Fact]
    public void Ring_OfThreeHosts_HasTheMinimumSizeRoundedUpToAWholeNumberPerHost()
    {
        // 1024 entries for 3 hosts: 342 each (Envoy: ceil(min weight * minimum size) / min weight).
        ((RingHashTable)Table(Ring, TestHosts.Hosts(3))).Size.ShouldBe(1026);
    }

    [Fact]
    public void Ring_FoundByTheHashOfAnEntry_IsThatEntrysHost()
    {
        Host[] hosts = TestHosts.Hosts(4);
        ulong entry = XxHash64.Of("10.0.0.3:80_17"u8);

        Table(Ring, hosts).Find(entry, 0).ShouldBe(hosts[2]);
        Table(Ring, hosts).Find(entry - 1, 0).ShouldBe(hosts[2]);
    }

    [Theory]
    [InlineData(Ring)]
    [InlineData(Maglev)]
    public void Find_AllocatesNothing(string policy)
    {
        HashTable table = Table(policy, TestHosts.Hosts(5));
        table.Find(1, 0);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong i = 0; i < 1000; i++)
        {
            table.Find(i, 1);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static HashTable Table(string policy, Host[] hosts) =>
        HashTable.Create(TestHosts.Config(Enum.Parse<LoadBalancingPolicy>(policy)), [new HostGroup(1, 1, hosts)]);

    private static Dictionary<Host, int> Count(HashTable table) =>
        Enumerable.Range(0, Keys).GroupBy(i => table.Find(Hash(i), 0)).ToDictionary(g => g.Key, g => g.Count());

    private static ulong Hash(int i) => XxHash64.Of(BitConverter.GetBytes(i));
}
