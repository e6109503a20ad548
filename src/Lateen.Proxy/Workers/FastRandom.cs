using System.Numerics;

namespace Lateen.Proxy.Workers;

/// <summary>A thread's own random numbers (xoroshiro128+): cheap, not for secrets. Seeded by the host's <see cref="Random"/>.</summary>
internal sealed class FastRandom
{
    private ulong _a;
    private ulong _b;

    public FastRandom(Random seed)
    {
        _a = (ulong)seed.NextInt64();
        _b = (ulong)seed.NextInt64() | 1;
    }

    public ulong Next()
    {
        ulong a = _a, b = _b, result = a + b;
        b ^= a;
        _a = BitOperations.RotateLeft(a, 24) ^ b ^ (b << 16);
        _b = BitOperations.RotateLeft(b, 37);
        return result;
    }

    /// <summary>Uniform in [0, bound); the bias of a few parts in 2^64 does not matter here.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>True with probability numerator/denominator.</summary>
    public bool Chance(uint numerator, uint denominator) => numerator >= denominator || Below((int)denominator) < numerator;
}
