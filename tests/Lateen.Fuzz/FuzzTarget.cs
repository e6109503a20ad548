namespace Lateen.Fuzz;

/// <summary>A parser with what must hold for every input, whatever it is.</summary>
internal abstract class FuzzTarget
{
    public abstract string Name { get; }

    /// <summary>Well-formed inputs to begin with.</summary>
    public abstract byte[][] Seeds { get; }

    /// <summary>Throws if the oracle is hurt; an exception of the parser is a finding too.</summary>
    public abstract void Check(byte[] input, Random random);

    protected static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new OracleException(what);
        }
    }

    /// <summary>Cuts an input at random places and hands out the pieces in order; stops when the taker says so.</summary>
    protected static void InPieces(byte[] input, Random random, Func<ReadOnlyMemory<byte>, bool> take)
    {
        for (int at = 0; at < input.Length;)
        {
            int length = Math.Min(random.Next(1, random.Next(2, 40)), input.Length - at);
            if (!take(input.AsMemory(at, length)))
            {
                return;
            }
            at += length;
        }
    }
}

/// <summary>What must hold did not.</summary>
internal sealed class OracleException(string message) : Exception(message);
