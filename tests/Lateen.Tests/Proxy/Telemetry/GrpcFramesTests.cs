using Lateen.Proxy.Telemetry;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Telemetry;

public sealed class GrpcFramesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Read_ThreeMessagesInPiecesOfAnySize_CountsThree(int piece)
    {
        byte[] body = [.. Message(0), .. Message(300), .. Message(7)];
        GrpcFrames frames = default;

        foreach (byte[] part in body.Chunk(piece))
        {
            frames.Read(part);
        }

        frames.Messages.ShouldBe(3);
    }

    private static byte[] Message(int length) => [0, 0, 0, (byte)(length >> 8), (byte)length, .. new byte[length]];
}
