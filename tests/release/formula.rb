# The few words of Homebrew's language that our formula uses, each doing what Homebrew's does.
# Usage: ruby formula.rb FORMULA FOLDER [PROFILE]; FOLDER holds what the formula's URL names, and gets the folder `cellar`.
require "digest"
require "fileutils"
require "open3"
require "pathname"

FOLDER = Pathname(ARGV.fetch(1)).realpath
PROFILE = ARGV.fetch(2, "release")

class Formula
  class << self
    attr_reader :told, :test_block

    %i[desc homepage url sha256 license depends_on].each do |word|
      define_method(word) { |value| (@told ||= {})[word] = value }
    end

    def test(&block) = @test_block = block
  end

  def prefix = FOLDER / "cellar"
  def bin = prefix / "bin"
  def man1 = prefix / "share/man/man1"
  def std_cargo_args = ["--locked", "--root", prefix.to_s, "--path", ".", "--profile", PROFILE]

  def system(*command) = Kernel.system(*command.map(&:to_s), exception: true)

  def shell_output(line)
    out, status = Open3.capture2(line)
    raise "#{line}: #{status}" unless status.success?

    out
  end

  def assert_match(wanted, got) = got.include?(wanted) || raise("#{wanted} is not in #{got}")

  def generate_completions_from_executable(*command, shells:)
    shells.each do |shell|
      text, status = Open3.capture2(*command.map(&:to_s), shell.to_s)
      raise "no completions for #{shell}" unless status.success? && !text.empty?

      (prefix / "completions").mkpath
      (prefix / "completions" / shell.to_s).write(text)
    end
  end

  def carry_out
    told = self.class.told
    archive = FOLDER / File.basename(told.fetch(:url))
    raise "#{archive} has another digest" unless Digest::SHA256.file(archive).hexdigest == told.fetch(:sha256)

    (FOLDER / "source").mkpath
    system("tar", "--extract", "--file", archive, "--directory", FOLDER / "source", "--strip-components=1")
    Dir.chdir(FOLDER / "source") { install }
    pages = man1.glob("vouchsafe*.1").size
    raise "no manual pages" if pages < 20

    Dir.chdir(FOLDER) { instance_eval(&self.class.test_block) }
    puts "tests/release/formula: #{told.fetch(:url)} installs with #{pages} manual pages, and passes its own test"
  end
end

load ARGV.fetch(0)
Vouchsafe.new.carry_out
