using System.Text;

namespace Lateen.Xds.Server;

/// <summary>Makes one string of the same name in many requests: proxies ask for the same thousands of resources again and again.</summary>
/// <remarks>A table of fixed size in which a newer name takes the place of an older one, so that no client can make it grow. Safe from any thread.</remarks>
internal sealed class NamePool(int slots = 1 << 15)
{
    private const int MaxPooledBytes = 512;

    private readonly string?[] _slots = new string?[slots];

    public string Of(ReadOnlySpan<byte> name)
    {
        if (name.Length > MaxPooledBytes)
        {
            return Encoding.UTF8.GetString(name);
        }

        var hash = new HashCode();
        hash.AddBytes(name);
        var slot = hash.ToHashCode() & (_slots.Length - 1);
        if (Volatile.Read(ref _slots[slot]) is { } known && Ascii.Equals(name, known))
        {
            return known;
        }

        var made = Encoding.UTF8.GetString(name);
        Volatile.Write(ref _slots[slot], made);
        return made;
    }
}
