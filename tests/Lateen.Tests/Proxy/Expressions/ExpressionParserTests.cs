using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Expressions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Expressions;

public sealed class ExpressionParserTests
{
    private static readonly Node Self = new()
    {
        Id = "me", Metadata = new Struct { Fields = { ["A"] = Value.ForStruct(new Struct { Fields = { ["b"] = Value.ForString("deep") } }) } },
    };

    [Theory]
    [InlineData("\"fixed\"", "fixed")]
    [InlineData("node.metadata['A']['b']", "deep")]
    [InlineData("node.id + '-x'", "me-x")]
    [InlineData("response.code >= 400 ? 'bad' : 'good'", "bad")]
    [InlineData("response.code == 503 && !(node.id == 'you')", "true")]
    [InlineData("has(upstream.address) ? upstream.address : 'unknown'", "unknown")]
    [InlineData("response.code < 100 || node.id.contains('e')", "true")]
    [InlineData("connection.mtls", "false")]
    public void Expression_OfStream_GivesItsValue(string text, string expected)
    {
        Expression expression = ExpressionParser.Parse(text, new AttributeSource(Self), out string? error).ShouldNotBeNull(error);
        LogWriter writer = new(new byte[100]);

        expression.Write(ref writer, new Stream503(), null!);

        System.Text.Encoding.UTF8.GetString(writer.Written).ShouldBe(expected);
    }

    [Theory]
    [InlineData("request.nonsense", "request.nonsense is not an attribute that this proxy knows")]
    [InlineData("'open", "the text that begins at offset 0 has no closing '")]
    [InlineData("(node.id", "\")\" is missing before \"\"")]
    [InlineData("node.id node.id", "\"node\" was not expected")]
    [InlineData("node.id ==", "the expression ends too early")]
    public void Expression_ThatCannotBeRead_SaysWhy(string text, string expected)
    {
        ExpressionParser.Parse(text, new AttributeSource(Self), out string? error).ShouldBeNull();

        error.ShouldBe(expected);
    }

    private sealed class Stream503 : StreamInfo
    {
        public Stream503() => ResponseCode = 503;
    }
}
