namespace Lateen.Fuzz;

/// <summary>Makes inputs out of others: bits, bytes, pieces moved, doubled and lost, and numbers at the edges.</summary>
internal sealed class Mutator(Random random)
{
    private const int LongestInput = 16 * 1024;

    private static readonly byte[] Edges = [0, 1, 9, 10, 13, 32, 58, 127, 128, 254, 255];

    public byte[] Mutate(byte[] input, byte[] other)
    {
        List<byte> bytes = [.. input];
        for (int n = random.Next(1, 6); n > 0; n--)
        {
            int at = random.Next(bytes.Count + 1);
            int length = Math.Min(random.Next(1, 17), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = Edges[random.Next(Edges.Length)];
                    break;
                case 2:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 3:
                    bytes.RemoveRange(at, length);
                    break;
                case 4:
                    bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                    break;
                case 5 when other.Length > 0:
                    int from = random.Next(other.Length);
                    bytes.InsertRange(at, other.AsSpan(from, Math.Min(random.Next(1, 65), other.Length - from)));
                    break;
                default:
                    for (int i = 0; i < length; i++)
                    {
                        bytes[at + i] = (byte)random.Next(256);
                    }
                    break;
            }
        }
        return bytes.Count > LongestInput ? [.. bytes.GetRange(0, LongestInput)] : [.. bytes];
    }
}
