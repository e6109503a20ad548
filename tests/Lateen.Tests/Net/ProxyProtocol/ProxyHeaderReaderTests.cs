using System.Text;
using Lateen.Net.ProxyProtocol;
using Lateen.Net.Sockets;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Net.ProxyProtocol;

/// <summary>HAProxy, "The PROXY protocol", 2.1 and 2.2.</summary>
public sealed class ProxyHeaderReaderTests
{
    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", "192.0.2.1:56324", "198.51.100.2:443")]
    [InlineData("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n", "[2001:db8::1]:1", "[::1]:65535")]
    [InlineData("PROXY UNKNOWN\r\n", "-", "-")]
    [InlineData("PROXY UNKNOWN ffff:f::1 whatever 1 2\r\n", "-", "-")]
    public void Line_WellFormed_IsRead(string line, string source, string destination)
    {
        ProxyHeaderReader.Read(Encoding.ASCII.GetBytes(line + "rest"), out ProxyHeader header).ShouldBe(ProxyHeaderStatus.Complete);

        header.Length.ShouldBe(line.Length);
        (header.Version, header.HasAddresses).ShouldBe((1, source != "-"));
        header.Source.ToString().ShouldBe(source);
        header.Destination.ToString().ShouldBe(destination);
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 \r\n")]
    [InlineData("PROXY TCP4  192.0.2.1 198.51.100.2 56324 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 56324 65536\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 056 443\r\n")]
    [InlineData("PROXY TCP4 192.0.02.1 198.51.100.2 56 443\r\n")]
    [InlineData("PROXY TCP4 3221225985 198.51.100.2 56 443\r\n")]
    [InlineData("PROXY TCP4 ::1 ::1 56 443\r\n")]
    [InlineData("PROXY TCP6 fe80::1%eth0 ::1 56 443\r\n")]
    [InlineData("PROXY UDP4 192.0.2.1 198.51.100.2 56 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 56 443\rX")]
    public void Line_NotAsWritten_IsMalformed(string line) =>
        ProxyHeaderReader.Read(Encoding.ASCII.GetBytes(line), out _).ShouldBe(ProxyHeaderStatus.Malformed);

    [Fact]
    public void Line_WithoutAnEndIn107Bytes_IsMalformed()
    {
        byte[] line = Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 200));

        ProxyHeaderReader.Read(line.AsSpan(0, 106), out _).ShouldBe(ProxyHeaderStatus.Incomplete);
        ProxyHeaderReader.Read(line, out _).ShouldBe(ProxyHeaderStatus.Malformed);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n")]
    [InlineData("\r\n\r\nGET /")]
    public void Stream_OfAnotherKind_HasNone(string start) =>
        ProxyHeaderReader.Read(Encoding.ASCII.GetBytes(start), out _).ShouldBe(ProxyHeaderStatus.Absent);

    [Theory]
    [InlineData(0x11, 12, "Malformed")] // version 1 in a binary header
    [InlineData(0x22, 12, "Malformed")] // unknown command
    [InlineData(0x21, 11, "Malformed")] // addresses cut off
    [InlineData(0x21, 13, "Malformed")] // half a record
    [InlineData(0x21, 12, "Complete")]
    [InlineData(0x20, 5, "Complete")] // LOCAL: what follows is passed over
    public void Binary_ByVersionCommandAndLength_IsJudged(byte command, byte length, string expected)
    {
        byte[] bytes = [.. ProxyHeaderReader.Signature, command, 0x11, 0, length, .. Enumerable.Range(1, length).Select(i => (byte)i)];

        ProxyHeaderReader.Read(bytes, out ProxyHeader header).ToString().ShouldBe(expected);

        header.HasAddresses.ShouldBe(expected == "Complete" && command == 0x21);
    }

    [Theory]
    [InlineData(0x12)] // datagrams
    [InlineData(0x31)] // local sockets
    public void Binary_OfAnotherTransport_IsMalformed(byte family)
    {
        byte[] bytes = [.. ProxyHeaderReader.Signature, 0x21, family, 0, 216, .. new byte[216]];

        ProxyHeaderReader.Read(bytes, out _).ShouldBe(ProxyHeaderStatus.Malformed);
    }

    [Fact]
    public void Binary_WrittenAndCutAnywhere_ReadsTheSameWhenItIsWhole()
    {
        ProxyRecords records = ProxyRecords.Select([1, 0, 2, (byte)'h', (byte)'2', 4, 0, 0], _ => true).ShouldNotBeNull();
        IpEndpoint.TryParse("2001:db8::7", 7, out IpEndpoint source).ShouldBeTrue();
        byte[] bytes = ProxyHeaderWriter.WriteBinary(source, IpEndpoint.FromV4(0x0a000001, 443), records);

        for (int i = 0; i < bytes.Length; i++)
        {
            ProxyHeaderReader.Read(bytes.AsSpan(0, i), out _).ShouldBe(ProxyHeaderStatus.Incomplete, $"after {i} bytes");
        }
        ProxyHeaderReader.Read(bytes, out ProxyHeader header).ShouldBe(ProxyHeaderStatus.Complete);

        header.Source.ShouldBe(source);
        header.Destination.ShouldBe(IpEndpoint.FromV4(0x0a000001, 443));
        ProxyRecords.Select(header.Records, type => type == 1)!.Bytes.ToArray().ShouldBe([1, 0, 2, (byte)'h', (byte)'2']);
    }
}
