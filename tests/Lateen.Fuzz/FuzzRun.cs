using Lateen.Fuzz.Targets;

namespace Lateen.Fuzz;

/// <summary>Feeds mutated inputs to a target.</summary>
internal static class FuzzRun
{
    private const int KeptInputs = 500, KeepOneOf = 50;

    public static FuzzTarget[] Targets =>
    [
        new Http1HeadTarget(isRequest: true), new Http1HeadTarget(isRequest: false), new ChunkedTarget(), new HpackTarget(), new HuffmanTarget(), new Http2Target(), new ClientHelloTarget(), new DnsTarget(), new DnsProxyTarget(),
        new ProxyHeaderTarget(), new PeerHelloTarget(),
    ];

    /// <summary>Runs while <paramref name="goOn"/> says so of the number of inputs so far; returns what was found, null if nothing.</summary>
    public static string? Run(FuzzTarget target, int seed, Func<long, bool> goOn, out long runs)
    {
        Random random = new(seed);
        Mutator mutator = new(random);
        byte[][] seeds = target.Seeds;
        List<byte[]> pool = [.. seeds];
        byte[] input = [];
        runs = 0;
        try
        {
            foreach (byte[] plain in seeds)
            {
                input = plain;
                target.Check(plain, random);
            }
            for (; goOn(runs); runs++)
            {
                input = mutator.Mutate(pool[random.Next(pool.Count)], pool[random.Next(pool.Count)]);
                target.Check(input, random);
                // Mutations of mutations, among a bounded number.
                if (random.Next(KeepOneOf) > 0)
                {
                    continue;
                }
                if (pool.Count < KeptInputs)
                {
                    pool.Add(input);
                }
                else
                {
                    pool[random.Next(seeds.Length, pool.Count)] = input;
                }
            }
            return null;
        }
        catch (Exception e)
        {
            return $"{target.Name} failed after {runs} inputs (--seed {seed}): {e}\ninput: {Convert.ToHexStringLower(input)}";
        }
    }
}
