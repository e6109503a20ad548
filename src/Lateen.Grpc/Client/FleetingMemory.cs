using System.Buffers;

namespace Lateen.Grpc.Client;

/// <summary>Memory that is the collector's as soon as it was read: the shared pool would keep what one long message took, megabytes, for minutes.</summary>
internal sealed class FleetingMemory : MemoryPool<byte>
{
    private const int UsualSize = 4096;

    public override int MaxBufferSize => Array.MaxLength;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => new Owner(minBufferSize < 0 ? UsualSize : minBufferSize);

    protected override void Dispose(bool disposing)
    {
        // It holds nothing.
    }

    private sealed class Owner(int size) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = new byte[size];

        public void Dispose()
        {
            // The collector's.
        }
    }
}
