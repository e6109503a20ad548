using Google.Protobuf;
using Lateen.Proxy.Tracing;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Tracing;

public sealed class OtlpSpansTests
{
    [Fact]
    public void Write_OneSpan_HasThePublishedFieldNumbers()
    {
        byte[] bytes = OtlpSpans.Write(
        [
            new SpanRecord
            {
                TraceHigh = 1, TraceLow = 2, Id = 3, Parent = 4, Name = "op", IsClient = true, StartMilliseconds = 1000, DurationMilliseconds = 5,
                Service = "shop", LocalAddress = default, IsError = true, Tags = [new("k", "v")],
            },
        ]);

        // ExportTraceServiceRequest.resource_spans = 1, ResourceSpans.scope_spans = 2, ScopeSpans.spans = 2.
        CodedInputStream span = Inner(Inner(Inner(new CodedInputStream(bytes), 1), 2), 2);
        Dictionary<int, object> fields = [];
        uint tag;
        while ((tag = span.ReadTag()) != 0)
        {
            fields[WireFormat.GetTagFieldNumber(tag)] = WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => span.ReadUInt64(),
                WireFormat.WireType.Fixed64 => span.ReadFixed64(),
                _ => span.ReadBytes(),
            };
        }
        fields[1].ShouldBe(ByteString.CopyFrom([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]));
        fields[2].ShouldBe(ByteString.CopyFrom([0, 0, 0, 0, 0, 0, 0, 3]));
        fields[4].ShouldBe(ByteString.CopyFrom([0, 0, 0, 0, 0, 0, 0, 4]));
        ((ByteString)fields[5]).ToStringUtf8().ShouldBe("op");
        fields[6].ShouldBe(3UL, "SPAN_KIND_CLIENT");
        fields[7].ShouldBe(1_000_000_000UL);
        fields[8].ShouldBe(1_005_000_000UL);
        fields.ShouldContainKey(9);
        fields[15].ShouldBe(ByteString.CopyFrom([0x18, 2]), "Status.code is ERROR");
    }

    private static CodedInputStream Inner(CodedInputStream stream, int field)
    {
        uint tag;
        while ((tag = stream.ReadTag()) != 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field)
            {
                return stream.ReadBytes().CreateCodedInput();
            }
            stream.SkipLastField();
        }
        throw new InvalidOperationException($"no field {field}");
    }
}
