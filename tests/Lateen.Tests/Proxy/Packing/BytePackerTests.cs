using System.Text;
using Lateen.Proxy.Packing;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Packing;

public sealed class BytePackerTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(1000)]
    [InlineData(BytePacker.PieceSize)]
    [InlineData(BytePacker.PieceSize + 1)]
    [InlineData((3 * BytePacker.PieceSize) - 5)]
    public void Message_OfAnyLengthAndContent_ComesBackAsItWas(int length)
    {
        Random random = new(length);
        foreach (BytePacker packer in new[] { new BytePacker(), new BytePacker(remembers: false) })
        {
            byte[] noise = new byte[length];
            random.NextBytes(noise);
            byte[] dull = new byte[length];
            byte[] words = Words(random, length);

            foreach (byte[] message in new[] { noise, dull, words, noise, words })
            {
                PackedBytes packed = packer.Pack(message);

                packed.Length.ShouldBe(length);
                packed.ToArray().ShouldBe(message);
                packed.PackedLength.ShouldBeLessThanOrEqualTo(length + (length / 64) + 8, "what has nothing in common with anything must not grow");
            }
        }
    }

    [Fact]
    public void Messages_ThatDifferInAName_TakeAFractionOfTheirBytes()
    {
        BytePacker packer = new();
        PackedBytes[] packed = [.. Enumerable.Range(0, 100).Select(i => packer.Pack(Like(i)))];

        for (int i = 0; i < packed.Length; i++)
        {
            packed[i].ToArray().ShouldBe(Like(i));
        }
        packed.Sum(p => p.PackedLength).ShouldBeLessThan(packed.Sum(p => p.Length) / 5);
    }

    [Fact]
    public void Messages_ManyTimesWhatADictionaryHolds_AllComeBack()
    {
        Random random = new(1);
        BytePacker packer = new();
        List<(byte[] Message, PackedBytes Packed)> all = [];
        for (int i = 0; i < 200; i++)
        {
            byte[] message = new byte[random.Next(1, 3000)];
            random.NextBytes(message);
            all.Add((message, packer.Pack(message)));
        }

        all.ShouldAllBe(a => a.Packed.ToArray().SequenceEqual(a.Message));
    }

    [Fact]
    public void Part_OfALongMessage_IsWhatStandsThere()
    {
        Random random = new(2);
        byte[] message = Words(random, 5 * BytePacker.PieceSize);
        PackedBytes packed = new BytePacker().Pack(message);

        for (int i = 0; i < 500; i++)
        {
            int start = random.Next(message.Length), length = random.Next(Math.Min(message.Length - start, i % 10 == 0 ? int.MaxValue : 800) + 1);
            packed.Slice(start..(start + length)).ShouldBe(message[start..(start + length)]);
        }
    }

    [Fact]
    public void Message_ComparedWithAnother_IsOfItsOwnBytesOnly()
    {
        PackedBytes packed = new BytePacker().Pack(Like(7));

        packed.IsOf(Like(7)).ShouldBeTrue();
        packed.IsOf(Like(8)).ShouldBeFalse();
        packed.IsOf(Like(7).AsSpan(1)).ShouldBeFalse();
    }

    private static byte[] Like(int i) => Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 20).Select(line =>
        $"line {line} of the settings that all services of the mesh have in common" + (line % 5 == 0 ? $", outbound|80||service-{i}.default.svc.cluster.local" : ""))));

    private static byte[] Words(Random random, int length)
    {
        StringBuilder text = new();
        while (text.Length < length)
        {
            text.Append("service-").Append(random.Next(50)).Append(".default.svc.cluster.local|");
        }
        return Encoding.ASCII.GetBytes(text.ToString(0, length));
    }
}
