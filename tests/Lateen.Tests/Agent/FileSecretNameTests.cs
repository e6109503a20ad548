using Lateen.Agent.Identity;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent;

public sealed class FileSecretNameTests
{
    [Theory]
    [InlineData("file-cert:/a/chain.pem~/a/key.pem", "/a/chain.pem|/a/key.pem|")]
    [InlineData("file-root:/a/root.pem", "||/a/root.pem")]
    [InlineData("file-cert:/a/chain.pem", null)]
    [InlineData("file-cert:a~b~c", null)]
    [InlineData("file-cert:~b", null)]
    [InlineData("file-root:a~b", null)]
    [InlineData("file-root:", null)]
    [InlineData("default", null)]
    public void Parse_GivesTheFiles_NullForAnotherForm(string name, string? expected) =>
        (FileSecretName.Parse(name) is { } files ? $"{files.Chain}|{files.Key}|{files.Roots}" : null).ShouldBe(expected);
}
