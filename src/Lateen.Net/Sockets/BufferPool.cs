using System.Buffers;

namespace Lateen.Net.Sockets;

/// <summary>A loop's own store of 16 KiB buffers; larger ones come from the shared pool. Used by one thread.</summary>
internal sealed class BufferPool
{
    public const int SmallSize = 16 * 1024;
    private const int Kept = 64;

    private readonly Stack<byte[]> _free = new(Kept);

    /// <summary>A buffer of at least the given size, contents undefined.</summary>
    public byte[] Rent(int size = SmallSize)
    {
        if (size > SmallSize)
        {
            return ArrayPool<byte>.Shared.Rent(size);
        }
        return _free.TryPop(out byte[]? buffer) ? buffer : GC.AllocateUninitializedArray<byte>(SmallSize);
    }

    public void Return(byte[] buffer)
    {
        if (buffer.Length > SmallSize)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        else if (_free.Count < Kept)
        {
            _free.Push(buffer);
        }
    }
}
